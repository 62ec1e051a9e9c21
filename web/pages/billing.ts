/** What is left, and every movement that made it so: the newest first, each with the balance it left. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { usd } from '../format.ts'
import { Alerts } from '../parts/alerts.ts'
import { Time, Usd } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { Lots } from '../parts/lots.ts'
import { usePieces } from '../parts/more.ts'
import { type OverviewFacts, readOverview } from '../parts/overview-facts.ts'
import { Payments } from '../parts/payments.ts'
import { withQuery } from '../parts/query.ts'
import { Recharge } from '../parts/recharge.ts'
import { Table } from '../parts/table.ts'
import { TopUp } from '../parts/top-up.ts'
import type { PageProps } from '../routes.ts'
import { billing } from '../words/billing.ts'

const readStatement = (account: string, after: string | null) =>
  ask(
    api.accounts({ account }).statement.get({ query: { ...(after && { after: Number(after) }) } }),
  )
type Movement = Awaited<ReturnType<typeof readStatement>>['data'][number]

export function Billing({ account = '' }: PageProps) {
  const w = billing()
  const facts = useLoad(`overview ${account}`, () => readOverview(account))
  const { first, rows, more } = usePieces(`statement ${account}`, (after) =>
    readStatement(account, after),
  )
  return html`
    <h1>${w.title}</h1>
    <${Load} of=${facts}>${({ balance, held, low_balance }: OverviewFacts) => html`
      <div class="cards"><section class="card"><h2>${w.balance}</h2><p class="big"><${Usd} amount=${balance} /></p>
        ${Number(balance) < 0 && html`<p class="error">${w.debt}</p>`}
        ${Number(held) > 0 && html`<small>${w.held(usd(held))}</small>`}</section></div>
      <${Alerts} account=${account} threshold=${low_balance} />`}<//>
    <${TopUp} account=${account} />
    <${Lots} account=${account} again=${() => {
      facts.again()
      first.again()
    }} />
    <${Recharge} account=${account} />
    <${Payments} account=${account} />
    <h2>${w.statement}</h2>
    <${Load} of=${first}>${() =>
      rows.length === 0
        ? html`<div class="state"><p>${w.empty}</p><a class="button" href="/docs/billing">${w.howPriced}</a></div>`
        : html`<${MonthFile} account=${account} /><${Movements} account=${account} rows=${rows} />${more}`}<//>
  `
}

function MonthFile({ account }: { account: string }) {
  const w = billing()
  const month = useSignal(new Date().toISOString().slice(0, 7))
  return html`<p class="row">
    <label>${w.month} <input type="month" value=${month.value} onInput=${(event: Event) => {
      month.value = (event.target as HTMLInputElement).value
    }} /></label>
    <a class="button quiet" download href=${withQuery(`/api/accounts/${account}/statement.csv`, { month: month.value })}>${w.csv}</a></p>`
}

function Movements({ account, rows }: { account: string; rows: readonly Movement[] }) {
  const w = billing()
  return html`<${Table} label=${w.statement} head=${[w.time, w.kind, { number: w.amount }, { number: w.after }]}>
    ${rows.map(
      ({ seq, at, code, amount, balance, call_id, reason }: Movement) => html`<tr key=${seq}>
      <td><${Time} at=${at} /></td>
      <td>${call_id ? html`<a href=${`/accounts/${account}/requests?id=${call_id}`}>${w.codes[code] ?? code}</a>` : (w.codes[code] ?? code)}
        ${reason && html`<small>${reason}</small>`}</td>
      <td class="number"><${Usd} amount=${amount} /></td>
      <td class="number"><${Usd} amount=${balance} /></td></tr>`,
    )}
  <//>`
}
