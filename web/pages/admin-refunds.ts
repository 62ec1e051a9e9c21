/** Refunds as who runs the platform decides them, what closed accounts are owed beside them, and disputes. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { money, usd } from '../format.ts'
import { Act } from '../parts/act.ts'
import { mayAdmin } from '../parts/admin.ts'
import { Time } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load } from '../parts/load.ts'
import { usePieces } from '../parts/more.ts'
import { useQuery } from '../parts/query.ts'
import { RecentDialog, withRecent } from '../parts/recent.ts'
import { RefundCredit, RefundState } from '../parts/refund.ts'
import { DecideDialog, type Decision } from '../parts/refund-decide.ts'
import { Disputes, Requests } from '../parts/refund-others.ts'
import { Table } from '../parts/table.ts'
import { adminRefunds } from '../words/admin-refunds.ts'
import { refund } from '../words/refund.ts'
import { wayName } from '../words/top-up.ts'

const states = ['asked', 'approved', 'failed', 'paid', 'refused', 'withdrawn'] as const
type State = (typeof states)[number]

const readRefunds = (state: State | undefined, after: string | null) =>
  ask(api.admin.refunds.get({ query: { ...(state && { state }), ...(after && { after }) } }))
type RefundView = Awaited<ReturnType<typeof readRefunds>>['data'][number]

export function AdminRefunds() {
  const w = adminRefunds()
  const { query, change } = useQuery()
  const state = states.find((one) => one === query.state)
  const { first, rows, more } = usePieces(`refunds ${state}`, (after) => readRefunds(state, after))
  const decision = useSignal<Decision | null>(null)
  const decide = (next: Decision | null) => {
    decision.value = next
    if (next === null) first.again()
  }
  const filter = (event: Event) => change({ state: (event.target as HTMLSelectElement).value })
  return html`
    <h1>${w.title}</h1>
    <p><label>${w.filter} <select value=${state ?? ''} onChange=${filter}>
      <option value="">${w.open}</option>
      ${states.map((one) => html`<option key=${one} value=${one}>${refund().states[one]}</option>`)}</select></label></p>
    <${Load} of=${first}>${() =>
      rows.length === 0
        ? html`<p class="state">${w.empty}</p>`
        : html`<${List} rows=${rows} again=${first.again} onDecide=${decide} />${more}`}<//>
    ${decision.value && html`<${DecideDialog} ...${decision.value} onClose=${() => decide(null)} />`}
    <${Requests} />
    <${Disputes} />
    <${RecentDialog} />`
}

interface ListProps {
  rows: RefundView[]
  again(): void
  onDecide(decision: Decision): void
}

function List({ rows, again, onDecide }: ListProps) {
  const w = adminRefunds()
  const head = [w.time, w.account, w.state, { number: w.credit }, w.order]
  const acts = mayAdmin('money')
  return html`<${Table} label=${w.title} head=${acts ? [...head, w.acts] : head}>${rows.map(
    (row) => html`<tr key=${row.id}>
      <td><${Time} at=${row.created_at} />${row.reason && html`<br /><small>${row.reason}</small>`}</td>
      <td>${row.account.name}${row.request !== null && html`<br /><small>${w.closure}</small>`}</td>
      <td><${Standing} row=${row} /></td>
      <td class="number"><${RefundCredit} row=${row} />${row.total !== null && html`<br /><small>${w.total(money(row.total, row.currency))}</small>`}</td>
      <td>${wayName(row.processor, row.method)}<br /><small>${row.top_up}<br />${w.ofOrder(usd(row.order_credit), usd(row.left))}</small></td>
      ${acts && html`<td><${Acts} row=${row} again=${again} onDecide=${onDecide} /></td>`}</tr>`,
  )}<//>`
}

function Standing({ row }: { row: RefundView }) {
  const w = adminRefunds()
  const { state, failure, next_at, decision, reference, asked_by, processor } = row
  return html`<${RefundState} state=${state} />
    ${asked_by === processor && html`<br /><small>${w.outside}</small>`}
    ${failure && html`<br /><small>${failure}</small>`}
    ${failure && next_at && html`<br /><small>${w.next} <${Time} at=${next_at} /></small>`}
    ${decision && html`<br /><small>${decision}</small>`}
    ${reference && html`<br /><small>${w.reference(reference)}</small>`}`
}

const actsOf: Record<string, Decision['act'][]> = {
  asked: ['approve', 'refuse'],
  failed: ['paid', 'refuse'],
}

function Acts({ row, again, onDecide }: Omit<ListProps, 'rows'> & { row: RefundView }) {
  const w = adminRefunds()
  const { id, account, amount, approved, state, failure } = row
  const retry = async () => {
    await withRecent(() => ask(api.admin.refunds({ id }).retry.post()))
    again()
  }
  const decisions = (actsOf[state] ?? []).map(
    (
      act,
    ) => html`<button key=${act} type="button" class="small" aria-label=${w.onOf(w[act], account.name)}
      onClick=${() => onDecide({ act, id, account: account.name, amount })}>${w[act]}</button>`,
  )
  const retries = state === 'failed' || (state === 'approved' && failure !== null)
  return html`<div class="row">${decisions}
    ${retries && html`<${Act} act=${retry} confirm=${w.retrySure(usd(approved ?? amount))} name=${w.onOf(w.retry, account.name)}>${w.retry}<//>`}</div>`
}
