/** Refunds of an order: what of it can go back and why not more, asking for it, and where each that was asked for stands. */
import { useSignal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { api, ask } from '../api.ts'
import { money, usd } from '../format.ts'
import { refund } from '../words/refund.ts'
import { Act } from './act.ts'
import { Dialog } from './dialog.ts'
import { Time, Usd } from './figures.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { may } from './role.ts'
import { Table } from './table.ts'
import { textOf } from './written.ts'

const readRefunds = async (account: string, order: string) => {
  const route = api.accounts({ account })
  const [can, { data }] = await Promise.all([
    ask(route['top-ups']({ id: order }).refund.get()),
    ask(route.refunds.get({ query: { top_up: order, limit: 100 } })),
  ])
  return { can, rows: data }
}
type Refunds = Awaited<ReturnType<typeof readRefunds>>
type RefundView = Refunds['rows'][number]

export function OrderRefunds({ account, order }: { account: string; order: string }) {
  const w = refund()
  const loaded = useLoad(`refunds ${order}`, () => readRefunds(account, order))
  const asking = useSignal(false)
  const open = (now: boolean) => {
    asking.value = now
    if (!now) loaded.again()
  }
  return html`<section aria-labelledby="refunds"><h2 id="refunds">${w.title}</h2>
    <${Load} of=${loaded}>${({ can, rows }: Refunds) => html`
      <p>${canWords(can)}</p>
      ${
        Number(can.most) > 0 &&
        may(account, 'bill') &&
        html`<p><button type="button" onClick=${() => open(true)}>${w.ask}</button></p>`
      }
      ${rows.length > 0 && html`<${RefundTable} account=${account} rows=${rows} again=${loaded.again} />`}
      ${asking.value && html`<${AskDialog} account=${account} order=${order} can=${can} onClose=${() => open(false)} />`}`}<//>
  </section>`
}

function canWords({ most, left, free, total, currency }: Refunds['can']): string {
  const w = refund()
  const [went, unspent] = [Number(most), Number(left)]
  const back = w.canGoBack(usd(most), money(total, currency))
  if (unspent <= 0) return w.nothing
  return went < unspent ? `${went > 0 ? `${back} ` : ''}${w.held(usd(left), usd(free))}` : back
}

interface AskProps {
  account: string
  order: string
  can: Refunds['can']
  onClose(): void
}

function AskDialog({ account, order, can, onClose }: AskProps) {
  const w = refund()
  // Of this form: sent twice, it asks once.
  const once = useRef(`${Date.now()}-${Math.random()}`)
  const send = async (data: FormData) => {
    const body = { part: textOf(data, 'part'), reason: textOf(data, 'reason'), once: once.current }
    await ask(api.accounts({ account })['top-ups']({ id: order }).refund.post(body))
    onClose()
  }
  return html`<${Dialog} title=${w.ask} onClose=${onClose}>
    <p>${w.lead} ${w.fee} ${can.by_hand && w.byHand}</p>
    <${Form} submit=${w.send} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="part" label=${w.amount} hint=${w.most(usd(can.most))} value=${can.most} inputmode="decimal" autocomplete="off" maxlength="30" required />
      <${Field} form=${form} name="reason" type="textarea" label=${w.reason} maxlength="1000" required />`}<//><//>`
}

interface TableProps {
  account: string
  rows: RefundView[]
  again(): void
}

function RefundTable({ account, rows, again }: TableProps) {
  const w = refund()
  const withdraw = async (id: string) => {
    await ask(api.accounts({ account }).refunds({ id }).delete())
    again()
  }
  const head = [w.time, w.state, { number: w.credit }, { number: w.total }, w.answer]
  const acts = may(account, 'bill') && rows.some(({ state }) => state === 'asked')
  return html`<${Table} label=${w.title} head=${acts ? [...head, w.acts] : head}>${rows.map(
    (row) => html`<tr key=${row.id}>
      <td><${Time} at=${row.created_at} />${row.reason && html`<br /><small>${row.reason}</small>`}</td>
      <td><${RefundState} state=${row.state} /></td>
      <td class="number"><${RefundCredit} row=${row} /></td>
      <td class="number">${row.total === null ? '–' : money(row.total, row.currency)}</td>
      <td>${row.decision || '–'}</td>
      ${
        acts &&
        html`<td>${
          row.state === 'asked' &&
          html`<${Act} act=${() => withdraw(row.id)} confirm=${w.withdrawSure} name=${`${w.withdraw}: ${usd(row.amount)}`}>${w.withdraw}<//>`
        }</td>`
      }</tr>`,
  )}<//>`
}

/** What is granted, and where that is less, of how much. */
export function RefundCredit({ row }: { row: Pick<RefundView, 'amount' | 'approved'> }) {
  const { amount, approved } = row
  if (approved === null || approved === amount) return html`<${Usd} amount=${amount} />`
  return html`<${Usd} amount=${approved} /><br /><small>${refund().of(usd(amount))}</small>`
}

const looks: Record<string, string> = { paid: 'good', refused: 'bad', failed: 'bad' }

export function RefundState({ state }: { state: string }) {
  return html`<span class=${`badge ${looks[state] ?? ''}`}>${refund().states[state] ?? state}</span>`
}
