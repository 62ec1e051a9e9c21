/** What the balance is made of: each lot of credit in the order that it is spent, what it was used for, and redeeming more. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { usd } from '../format.ts'
import { billing } from '../words/billing.ts'
import { credit } from '../words/credit.ts'
import { Dialog } from './dialog.ts'
import { Time, Usd } from './figures.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { Table } from './table.ts'
import { Voucher } from './voucher.ts'

const readLots = (account: string) => ask(api.accounts({ account }).lots.get())
type Lots = Awaited<ReturnType<typeof readLots>>
type Lot = Lots['data'][number]
const readLot = (account: string, lot: string) => ask(api.accounts({ account }).lots({ lot }).get())
type LotUses = Awaited<ReturnType<typeof readLot>>

/** `again`: the rest of the page has changed. */
export function Lots({ account, again }: { account: string; again(): void }) {
  const w = credit()
  const list = useLoad(`lots ${account}`, () => readLots(account))
  const opened = useSignal<Lot | null>(null)
  const redeemed = () => {
    list.again()
    again()
  }
  const open = (lot: Lot | null) => {
    opened.value = lot
  }
  return html`<h2>${w.title}</h2>
    <${Load} of=${list}>${({ data }: Lots) =>
      data.length === 0
        ? html`<p class="state">${w.empty}</p>`
        : html`<p>${w.lead}</p><${LotTable} rows=${data} onOpen=${open} />`}<//>
    <${Voucher} account=${account} again=${redeemed} />
    ${opened.value && html`<${Uses} account=${account} lot=${opened.value} onClose=${() => open(null)} />`}`
}

const nameOf = ({ code }: Pick<Lot, 'code'>) => billing().codes[code] ?? code

function LotTable({ rows, onOpen }: { rows: readonly Lot[]; onOpen(lot: Lot): void }) {
  const w = credit()
  const row = (lot: Lot) => html`<tr key=${lot.id}>
    <th scope="row">${nameOf(lot)}${lot.reason && html`<br /><small>${lot.reason}</small>`}</th>
    <td><span class="badge">${w.kinds[lot.kind]}</span></td>
    <td class="number"><${Usd} amount=${lot.left} /><br /><small>${w.of(usd(lot.amount))}</small></td>
    <td>${lot.expires_at === null ? w.never : html`<${Time} at=${lot.expires_at} />`}</td>
    <td><${Time} at=${lot.created_at} /></td>
    <td><button type="button" class="small" aria-label=${w.usesOf(nameOf(lot))} onClick=${() => onOpen(lot)}>${w.uses}</button></td></tr>`
  const head = [w.from, w.kind, { number: w.left }, w.expires, w.since, w.acts]
  return html`<${Table} label=${w.title} head=${head}>${rows.map(row)}<//>`
}

function Uses({ account, lot, onClose }: { account: string; lot: Lot; onClose(): void }) {
  const w = credit()
  const list = useLoad(`lot ${lot.id}`, () => readLot(account, lot.id))
  const row = (
    { code, amount, at }: LotUses['uses'][number],
    index: number,
  ) => html`<tr key=${index}>
    <td><${Time} at=${at} /></td>
    <td>${code === 'usage' ? w.calls : nameOf({ code })}${Number(amount) < 0 && html` <small>${w.gaveBack}</small>`}</td>
    <td class="number"><${Usd} amount=${amount} /></td></tr>`
  return html`<${Dialog} title=${w.usesOf(nameOf(lot))} onClose=${onClose}>
    <${Load} of=${list}>${({ uses }: LotUses) =>
      uses.length === 0
        ? html`<p class="state">${w.noUses}</p>`
        : html`<${Table} label=${w.uses} head=${[w.day, w.what, { number: w.amount }]}>${uses.map(row)}<//>`}<//>
  <//>`
}
