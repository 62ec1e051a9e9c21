/** Every order, as those who run the platform see them: what does not reconcile, asking again, transfers that arrived, settings. */
import { useSignal } from '@preact/signals'
import { api, ask, retold } from '../api.ts'
import { money } from '../format.ts'
import { Act } from '../parts/act.ts'
import { mayAdmin } from '../parts/admin.ts'
import { Dialog } from '../parts/dialog.ts'
import { Time, Usd } from '../parts/figures.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { Load } from '../parts/load.ts'
import { usePieces } from '../parts/more.ts'
import { PaymentSettings } from '../parts/payment-settings.ts'
import { TopUpState } from '../parts/payments.ts'
import { useQuery } from '../parts/query.ts'
import { RecentDialog, withRecent } from '../parts/recent.ts'
import { Table } from '../parts/table.ts'
import { textOf } from '../parts/written.ts'
import { adminPayments } from '../words/admin-payments.ts'
import { topUp, wayName } from '../words/top-up.ts'

const states = ['open', 'pending', 'paid', 'failed', 'expired'] as const
type State = (typeof states)[number]
interface Filter {
  state?: State
  unreconciled?: 'true'
}

const readPayments = (filter: Filter, after: string | null) =>
  ask(api.admin.payments.get({ query: { ...filter, ...(after && { after }) } }))
type PaymentView = Awaited<ReturnType<typeof readPayments>>['data'][number]

export function AdminPayments() {
  const w = adminPayments()
  const { query, change } = useQuery()
  const show = query.show ?? ''
  const { first, rows, more } = usePieces(`payments ${show}`, (after) =>
    readPayments(filterOf(show), after),
  )
  const arrived = useSignal<PaymentView | null>(null)
  const confirm = (row: PaymentView | null) => {
    arrived.value = row
  }
  return html`
    <h1>${w.title}</h1>
    <p><label>${w.filter} <select value=${show} onChange=${(event: Event) => change({ show: (event.target as HTMLSelectElement).value })}>
      <option value="">${w.all}</option><option value="unreconciled">${w.unreconciled}</option>
      ${states.map((state) => html`<option key=${state} value=${state}>${topUp().states[state]}</option>`)}</select></label></p>
    <${Load} of=${first}>${() =>
      rows.length === 0
        ? html`<p class="state">${w.empty}</p>`
        : html`<${List} rows=${rows} again=${first.again} onArrived=${confirm} />${more}`}<//>
    ${
      arrived.value &&
      html`<${Arrived} row=${arrived.value} onClose=${() => {
        confirm(null)
        first.again()
      }} />`
    }
    ${mayAdmin('run') && html`<details><summary><h2>${w.settings}</h2></summary><${PaymentSettings} /></details>`}
    <${RecentDialog} />`
}

function filterOf(show: string): Filter {
  if (show === 'unreconciled') return { unreconciled: 'true' }
  const state = states.find((one) => one === show)
  return state ? { state } : {}
}

interface ListProps {
  rows: PaymentView[]
  again(): void
  onArrived(row: PaymentView): void
}

function List({ rows, again, onArrived }: ListProps) {
  const w = adminPayments()
  const head = [w.time, w.account, w.state, { number: w.credit }, { number: w.total }, w.by]
  const acts = mayAdmin('money')
  return html`<${Table} label=${w.title} head=${acts ? [...head, w.acts] : head}>${rows.map(
    (row) => html`<tr key=${row.id}>
      <td><${Time} at=${row.created_at} /><br /><small>${row.id}</small></td>
      <td><a href=${`/admin/accounts/${row.account.id}`}>${row.account.name}</a></td>
      <td><${TopUpState} of=${row} />${row.failure && html`<br /><small>${w.failures[row.failure] ?? row.failure}</small>`}</td>
      <td class="number"><${Usd} amount=${row.credit} /></td>
      <td class="number">${money(row.total, row.currency)}</td>
      <td>${wayName(row.processor, row.method)}${row.payment_id && html`<br /><small>${row.payment_id}</small>`}</td>
      ${acts && html`<td><${Acts} row=${row} again=${again} onArrived=${onArrived} /></td>`}</tr>`,
  )}<//>`
}

function Acts({ row, again, onArrived }: Omit<ListProps, 'rows'> & { row: PaymentView }) {
  const w = adminPayments()
  const check = async () => {
    await withRecent(() => ask(api.admin.payments({ id: row.id }).check.post()))
    again()
  }
  return html`<div class="row"><${Act} act=${check} name=${`${w.ask}: ${row.id}`}>${w.ask}<//>
    ${
      row.processor === 'manual' &&
      row.state !== 'paid' &&
      html`<button type="button" class="small" onClick=${() => onArrived(row)}>${w.confirm}</button>`
    }</div>`
}

function Arrived({ row, onClose }: { row: PaymentView; onClose(): void }) {
  const w = adminPayments()
  const send = async (data: FormData) => {
    const body = { reference: textOf(data, 'reference'), amount: textOf(data, 'amount') }
    await withRecent(() => ask(api.admin.payments({ id: row.id }).confirm.post(body))).catch(
      retold('invalid_amount', 'amount_differs', 'amount'),
    )
    onClose()
  }
  return html`<${Dialog} title=${w.confirmTitle} onClose=${onClose}>
    <p>${w.confirmLead(money(row.total, row.currency))}</p>
    <${Form} submit=${w.confirm} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="reference" label=${w.reference} autocomplete="off" maxlength="100" required />
      <${Field} form=${form} name="amount" label=${w.amount} inputmode="decimal" autocomplete="off" maxlength="20" required />`}<//><//>`
}
