/** Orders of an account, the newest first: where each stands, its receipt, and what else can be done with it. */
import { api, ask } from '../api.ts'
import { money } from '../format.ts'
import { topUp, wayName } from '../words/top-up.ts'
import { Time, Usd } from './figures.ts'
import { html } from './html.ts'
import { Load } from './load.ts'
import { usePieces } from './more.ts'
import { Table } from './table.ts'

const readPayments = (account: string, after: string | null) =>
  ask(api.accounts({ account })['top-ups'].get({ query: { ...(after && { after }) } }))
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
    <td><${TopUpState} state=${row.state} /></td>
    <td class="number"><${Usd} amount=${row.credit} /></td>
    <td class="number">${money(row.total, row.currency)}</td>
    <td>${wayName(row.processor, row.method)}${row.origin === 'recharge' && html`<br /><small>${w.recharge}</small>`}</td>
    <td><div class="row">${
      row.receipt !== null &&
      html`<a href=${`/accounts/${account}/receipts/${row.receipt}`}>${w.receipt}</a>`
    }</div></td>
  </tr>`
}

const looks: Record<string, string> = { paid: 'good', failed: 'bad' }

export function TopUpState({ state }: { state: string }) {
  return html`<span class=${`badge ${looks[state] ?? ''}`}>${topUp().states[state] ?? state}</span>`
}
