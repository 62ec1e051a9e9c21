/** What the operator gives away: batches of voucher codes, which are shown once, and credit granted to one account. */
import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { api, ask, retold } from '../api.ts'
import { usd } from '../format.ts'
import { Act } from '../parts/act.ts'
import { mayAdmin } from '../parts/admin.ts'
import { Code } from '../parts/copy.ts'
import { Dialog } from '../parts/dialog.ts'
import { Time, Usd } from '../parts/figures.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { usePieces } from '../parts/more.ts'
import { useQuery } from '../parts/query.ts'
import { RecentDialog, withRecent } from '../parts/recent.ts'
import { Table } from '../parts/table.ts'
import { endOfDayOrNull, numberOrNull, textOf } from '../parts/written.ts'
import { adminVouchers } from '../words/admin-vouchers.ts'

const route = api.admin.vouchers
const readBatches = (after: string | null) => ask(route.get({ query: { ...(after && { after }) } }))
type Batch = Awaited<ReturnType<typeof readBatches>>['data'][number]
const readBatch = (batch: string) => ask(route({ batch }).get())
type Redeemed = Awaited<ReturnType<typeof readBatch>>

export function AdminVouchers() {
  const w = adminVouchers()
  const { query, change } = useQuery()
  const { first, rows, more } = usePieces('vouchers', readBatches)
  const codes = useSignal<string[] | null>(null)
  const show = (made: string[] | null) => {
    codes.value = made
    change({ new: null })
    first.again()
  }
  const make =
    mayAdmin('money') &&
    html`<button type="button" class="primary" onClick=${() => change({ new: '1' })}>${w.make}</button>`
  return html`
    <div class="row between"><h1>${w.title}</h1>${make}</div>
    <p>${w.lead}</p>
    <${Load} of=${first}>${() =>
      rows.length === 0
        ? html`<div class="state"><p>${w.empty}</p></div>`
        : html`<${Batches} rows=${rows} again=${first.again} onOpen=${(id: string) => change({ batch: id })} />${more}`}<//>
    ${mayAdmin('money') && html`<${Grant} />`}
    ${
      query.new &&
      html`<${Dialog} title=${w.make} onClose=${() => change({ new: null })}><${NewBatch} onMade=${show} /><//>`
    }
    ${query.batch && html`<${Who} batch=${query.batch} onClose=${() => change({ batch: null })} />`}
    ${codes.value && html`<${Codes} codes=${codes.value} onClose=${() => show(null)} />`}
    <${RecentDialog} />`
}

interface BatchesProps {
  rows: readonly Batch[]
  again(): void
  onOpen(id: string): void
}

function Batches({ rows, again, onOpen }: BatchesProps) {
  const w = adminVouchers()
  const disable = async (batch: string) => {
    await withRecent(() => ask(route({ batch }).disable.post()))
    again()
  }
  const row = ({ id, name, state, redeemed, count, ...one }: Batch) => html`<tr key=${id}>
    <th scope="row">${name}</th>
    <td class="number"><${Usd} amount=${one.credit} />${one.credit_days && html`<br /><small>${w.lasts(one.credit_days)}</small>`}</td>
    <td class="number">${w.of(redeemed, count)}</td>
    <td>${one.expires_at === null ? w.never : html`<${Time} at=${one.expires_at} />`}</td>
    <td><span class=${state === 'active' ? 'badge good' : 'badge'}>${w.states[state]}</span></td>
    <td><${Time} at=${one.created_at} /></td>
    <td><div class="row"><button type="button" class="small" aria-label=${w.whoOf(name)} onClick=${() => onOpen(id)}>${w.who}</button>
      ${state === 'active' && mayAdmin('money') && html`<${Act} name=${w.disableOf(name)} confirm=${w.disableSure} act=${() => disable(id)}>${w.disable}<//>`}</div></td></tr>`
  const numbers = [{ number: w.credit }, { number: w.redeemed }]
  const head = [w.name, ...numbers, w.expires, w.state, w.created, w.acts]
  return html`<${Table} label=${w.title} head=${head}>${rows.map(row)}<//>`
}

function NewBatch({ onMade }: { onMade(codes: string[]): void }) {
  const w = adminVouchers()
  const send = async (data: FormData) => {
    const body = {
      ...{ name: textOf(data, 'name'), credit: textOf(data, 'credit') },
      ...{ count: Number(data.get('count')), per_account: Number(data.get('per_account')) },
      expires_at: endOfDayOrNull(data, 'expires_at'),
      credit_days: numberOrNull(data, 'credit_days'),
    }
    const all = body.count * Number(body.credit)
    // What is no amount is refused at its field.
    if (all > 0 && !confirm(w.makeSure(body.count, usd(body.credit), usd(String(all))))) return
    onMade((await withRecent(() => ask(route.post(body)))).codes)
  }
  const whole = { type: 'number', min: '1', step: '1', autocomplete: 'off' }
  return html`<${Form} submit=${w.make} onSend=${send}>${(form: FormState) => html`
    <${Field} form=${form} name="name" label=${w.name} hint=${w.nameHint} maxlength="200" autocomplete="off" required />
    <${Field} form=${form} name="credit" label=${w.credit} inputmode="decimal" autocomplete="off" required />
    <${Field} form=${form} name="count" label=${w.count} max="10000" value="10" required ...${whole} />
    <${Field} form=${form} name="per_account" label=${w.perAccount} max="10000" value="1" required ...${whole} />
    <${Field} form=${form} name="expires_at" type="date" label=${w.expires} hint=${w.expiresHint} autocomplete="off" />
    <${Field} form=${form} name="credit_days" label=${w.days} hint=${w.daysHint} max="3650" ...${whole} />`}<//>`
}

/** No Esc and no closed tab loses them unasked. */
function Codes({ codes, onClose }: { codes: string[]; onClose(): void }) {
  const w = adminVouchers()
  const file = useMemo(() => {
    const text = ['\ufeffcode', ...codes, ''].join('\r\n')
    return URL.createObjectURL(new Blob([text], { type: 'text/csv' }))
  }, [codes])
  useEffect(() => {
    const stay = (event: BeforeUnloadEvent) => event.preventDefault()
    addEventListener('beforeunload', stay)
    return () => {
      removeEventListener('beforeunload', stay)
      URL.revokeObjectURL(file)
    }
  }, [file])
  return html`<${Dialog} title=${w.codes} locked onClose=${onClose}>
    <p>${w.codesLead}</p>
    <${Code} text=${codes.join('\n')} label=${w.codes} />
    <p class="row"><a class="button quiet" download="vouchers.csv" href=${file}>${w.download}</a>
      <button type="button" class="primary" onClick=${onClose}>${w.saved}</button></p>
  <//>`
}

function Who({ batch, onClose }: { batch: string; onClose(): void }) {
  const w = adminVouchers()
  const list = useLoad(`batch ${batch}`, () => readBatch(batch))
  const row = (one: Redeemed['vouchers'][number]) => html`<tr key=${one.suffix}>
    <td><code>…${one.suffix}</code></td><td>${one.account_name || one.account}</td>
    <td><${Time} at=${one.redeemed_at} /></td></tr>`
  return html`<${Dialog} title=${list.value?.name ?? w.who} onClose=${onClose}>
    <${Load} of=${list}>${({ vouchers }: Redeemed) =>
      vouchers.length === 0
        ? html`<p class="state">${w.nobody}</p>`
        : html`<${Table} label=${w.who} head=${[w.voucher, w.account, w.time]}>${vouchers.map(row)}<//>`}<//>
  <//>`
}

function Grant() {
  const w = adminVouchers()
  const round = useSignal(0)
  const done = useSignal('')
  // The same for every try of this form: a reply that was lost must not grant twice.
  const once = useMemo(() => crypto.randomUUID(), [round.value])
  const send = async (data: FormData) => {
    done.value = ''
    const body = {
      ...{ account: textOf(data, 'account'), amount: textOf(data, 'amount') },
      ...{ reason: textOf(data, 'reason'), expires_at: endOfDayOrNull(data, 'expires_at'), once },
    }
    if (Number(body.amount) > 0 && !confirm(w.grantSure(usd(body.amount), body.account))) return
    const { amount } = await withRecent(() => ask(api.admin.grants.post(body))).catch(
      retold('not_found', 'account_unknown', 'account'),
    )
    done.value = adminVouchers().granted(usd(amount))
    round.value++
  }
  return html`<h2>${w.grant}</h2><p>${w.grantLead}</p>
    <${Form} key=${round.value} submit=${w.grant} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="account" label=${w.accountId} maxlength="200" autocomplete="off" spellcheck=${false} required />
      <${Field} form=${form} name="amount" label=${w.amount} inputmode="decimal" autocomplete="off" required />
      <${Field} form=${form} name="reason" label=${w.reason} hint=${w.reasonHint} maxlength="200" autocomplete="off" required />
      <${Field} form=${form} name="expires_at" type="date" label=${w.lastDay} hint=${w.lastDayHint} autocomplete="off" />`}<//>
    <p role="status">${done.value}</p>`
}
