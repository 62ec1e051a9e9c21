/** Orders of an account, the newest first: where each stands, its receipt, and what else can be done with it. */
import { api, ask } from '../api.ts'
import { money } from '../format.ts'
import { topUp, wayName } from '../words/top-up.ts'
import { Time, Usd } from './figures.ts'
import { html } from './html.ts'
import { Load } from './load.ts'
import { usePieces } from './more.ts'
import { may } from './role.ts'
import { Table } from './table.ts'

const readPayments = (account: string, after: string | null) =>
  ask(api.accounts({ account })['top-ups'].get({ query: { limit: 5, ...(after && { after }) } }))
export type TopUpView = Awaited<ReturnType<typeof readPayments>>['data'][number]

export function Payments({ account }: { account: string }) {
  const w = topUp()
  const { first, rows, more } = usePieces(`top-ups ${account}`, (after) =>
    readPayments(account, after),
  )
  return html`<section><h2>${w.list}</h2>
    <${Load} of=${first}>${() =>
      rows.length === 0
        ? html`<div class="state"><p>${w.empty}</p><a class="button" href="#top-up">${w.title}</a></div>`
        : html`<${Table} label=${w.list} head=${[w.time, w.state, { number: w.credit }, { number: w.total }, w.by, w.acts]}>
          ${rows.map((row: TopUpView) => html`<${Row} key=${row.id} account=${account} row=${row} />`)}<//>${more}`}<//>
    </section>`
}

function Row({ account, row }: { account: string; row: TopUpView }) {
  const w = topUp()
  return html`<tr>
    <td><a href=${`/accounts/${account}/top-ups/${row.id}`}><${Time} at=${row.created_at} /></a></td>
    <td><${TopUpState} of=${row} /></td>
    <td class="number"><${Usd} amount=${row.credit} /></td>
    <td class="number">${money(row.total, row.currency)}</td>
    <td>${wayName(row.processor, row.method)}${row.origin === 'recharge' && html`<br /><small>${w.recharge}</small>`}</td>
    <td>${actsOf(account, row)}</td>
  </tr>`
}

/** What is next: to pay it, or its receipt and refund. */
function actsOf(account: string, row: TopUpView) {
  const w = topUp()
  const path = `/accounts/${account}/top-ups/${row.id}`
  if (row.receipt !== null) {
    return html`<div class="row"><a href=${`/accounts/${account}/receipts/${row.receipt}`}>${w.receipt}</a>
      <a href=${`${path}#refunds`}>${w.refund}</a></div>`
  }
  if (isMismatch(row)) return null
  if (row.state === 'pending' && row.pay_at !== null) return html`<a href=${path}>${w.payAt}</a>`
  return row.state === 'open' && may(account, 'bill') && html`<a href=${path}>${w.payPlain}</a>`
}

const looks: Record<string, string> = { paid: 'good', failed: 'bad' }

/** Another payment than the order's came: the operator looks into it. */
export const isMismatch = ({ failure }: Pick<TopUpView, 'failure'>) =>
  failure !== null && /_mismatch$|^paid_twice$|^payment_of_another_order$/.test(failure)

/** `disputes`: of an order as its account sees it. */
export function TopUpState({
  of,
}: {
  of: Pick<TopUpView, 'state' | 'failure'> & Partial<Pick<TopUpView, 'disputes'>>
}) {
  const w = topUp()
  const taken = of.disputes?.findLast(({ state }) => state !== 'won')
  if (taken) return html`<span class="badge bad">${w.disputes[taken.state]}</span>`
  if (of.state !== 'paid' && isMismatch(of)) return html`<span class="badge bad">${w.looked}</span>`
  const { state } = of
  return html`<span class=${`badge ${looks[state] ?? ''}`}>${w.states[state] ?? state}</span>`
}
