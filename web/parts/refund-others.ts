/** What the operator sees beside refunds: closed accounts that are owed something, and disputes. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { adminRefunds } from '../words/admin-refunds.ts'
import { mayAdmin } from './admin.ts'
import { Time, Usd } from './figures.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { DecideDialog, type Decision } from './refund-decide.ts'
import { Table } from './table.ts'

const readRequests = () => ask(api.admin['refund-requests'].get())
type Requested = Awaited<ReturnType<typeof readRequests>>['data'][number]

export function Requests() {
  const w = adminRefunds()
  const loaded = useLoad('refund requests', readRequests)
  const decision = useSignal<Decision | null>(null)
  const decide = (next: Decision | null) => {
    decision.value = next
    if (next === null) loaded.again()
  }
  const head = [w.time, w.account, { number: w.owed }, { number: w.remainder }, w.contact, w.acts]
  return html`<section aria-labelledby="requests"><h2 id="requests">${w.requests}</h2>
    <${Load} of=${loaded}>${({ data }: { data: Requested[] }) =>
      data.length === 0
        ? html`<p class="state">${w.requestsEmpty}</p>`
        : html`<${Table} label=${w.requests} head=${head}>${data.map(
            (row) => html`<tr key=${row.id}>
        <td><${Time} at=${row.created_at} />${row.reason && html`<br /><small>${row.reason}</small>`}</td>
        <td>${row.account}</td>
        <td class="number"><${Usd} amount=${row.amount} /></td>
        <td class="number"><${Usd} amount=${row.remainder} /></td>
        <td>${row.contact ?? '–'}</td>
        <td>${row.waiting > 0 ? w.waiting(row.waiting) : mayAdmin('money') && html`<${RequestActs} row=${row} onDecide=${decide} />`}</td></tr>`,
          )}<//>`}<//>
    ${decision.value && html`<${DecideDialog} ...${decision.value} onClose=${() => decide(null)} />`}
  </section>`
}

function RequestActs({ row, onDecide }: { row: Requested; onDecide(decision: Decision): void }) {
  const w = adminRefunds()
  const acts = (['paid', 'refuse'] as const).map((act) => {
    const decision = { act, id: row.id, account: row.account, amount: row.remainder, closure: true }
    return html`<button key=${act} type="button" class="small" aria-label=${w.onOf(w[act], row.account)}
      onClick=${() => onDecide(decision)}>${w[act]}</button>`
  })
  return html`<div class="row">${acts}</div>`
}

const readDisputes = () => ask(api.admin.disputes.get({ query: {} }))
type DisputeView = Awaited<ReturnType<typeof readDisputes>>['data'][number]
const looks: Record<string, string> = { won: 'good', lost: 'bad' }

export function Disputes() {
  const w = adminRefunds()
  const loaded = useLoad('disputes', readDisputes)
  const head = [w.opened, w.account, w.state, { number: w.credit }, w.order, w.closed]
  return html`<section aria-labelledby="disputes"><h2 id="disputes">${w.disputes}</h2>
    <${Load} of=${loaded}>${({ data }: { data: DisputeView[] }) =>
      data.length === 0
        ? html`<p class="state">${w.disputesEmpty}</p>`
        : html`<${Table} label=${w.disputes} head=${head}>${data.map(
            (row) => html`<tr key=${row.id}>
        <td><${Time} at=${row.created_at} /><br /><small>${row.id}</small></td>
        <td>${row.account.name}</td>
        <td><span class=${`badge ${looks[row.state] ?? ''}`}>${w.disputeStates[row.state]}</span>${row.reason && html`<br /><small>${row.reason}</small>`}</td>
        <td class="number"><${Usd} amount=${row.amount} /></td>
        <td><small>${row.top_up}</small></td>
        <td><${Time} at=${row.closed_at} /></td></tr>`,
          )}<//>`}<//>
  </section>`
}
