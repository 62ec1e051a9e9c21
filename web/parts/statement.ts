/** The statement of a month, which stands in the address: what it opened with, every movement, what it closed with. */
import { api, ask } from '../api.ts'
import { count } from '../format.ts'
import { billing } from '../words/billing.ts'
import { receipt } from '../words/receipt.ts'
import { Time, Usd } from './figures.ts'
import { html } from './html.ts'
import { Load } from './load.ts'
import { usePieces } from './more.ts'
import { useQuery, withQuery } from './query.ts'
import { Table } from './table.ts'

const readMonth = (account: string, month: string, after: string | null) =>
  ask(
    api
      .accounts({ account })
      .statements({ month })
      .get({ query: { ...(after && { after: Number(after) }) } }),
  )
type Month = Awaited<ReturnType<typeof readMonth>>
type Movement = Month['data'][number]

const dayMs = 24 * 3_600_000
const nameOf = (code: string) => billing().codes[code] ?? code

export function Statement({ account }: { account: string }) {
  const w = receipt()
  const { query, change } = useQuery()
  const now = new Date().toISOString().slice(0, 7)
  const month = /^\d{4}-(0[1-9]|1[0-2])$/.test(query.month ?? '') ? String(query.month) : now
  const { first, rows, more } = usePieces(`month ${account} ${month}`, (after) =>
    readMonth(account, month, after),
  )
  return html`<h2>${w.statement}</h2>
    <p class="row">
      <label>${w.month} <input type="month" value=${month} max=${now} required onChange=${(
        event: Event,
      ) => change({ month: (event.target as HTMLInputElement).value })} /></label>
      <a class="button quiet" download href=${withQuery(`/api/accounts/${account}/statement.csv`, { month })}>${w.csv}</a>
      <small>${w.utc}</small></p>
    <${Load} of=${first}>${(facts: Month) => html`
      <${Sums} facts=${facts} />
      ${facts.calls.length > 0 && html`<${Calls} account=${account} facts=${facts} />`}
      ${rows.length > 0 && html`<${Movements} rows=${rows} />${more}`}`}<//>`
}

function Sums({ facts: { opening, closing, sums } }: { facts: Month }) {
  const w = receipt()
  const line = (name: string, amount: string) => html`<tr>
    <th scope="row">${name}</th><td></td><td class="number"><strong><${Usd} amount=${amount} /></strong></td></tr>`
  return html`
    <${Table} label=${w.movements} head=${[w.kind, { number: w.count }, { number: w.amount }]}>
      ${line(w.opening, opening)}
      ${sums.map(
        ({ code, count: of, amount }: Month['sums'][number]) => html`<tr key=${code}>
        <td>${nameOf(code)}</td><td class="number">${count(of)}</td>
        <td class="number"><${Usd} amount=${amount} /></td></tr>`,
      )}
      ${line(w.closing, closing)}<//>
    ${sums.length === 0 && html`<div class="state"><p>${w.nothing}</p><a class="button" href="/docs/billing">${w.howPriced}</a></div>`}`
}

/** Calls may be many: a day is a line, and leads to its requests. */
function Calls({ account, facts }: { account: string; facts: Month }) {
  const w = receipt()
  const ofDay = (day: string) => {
    const to = new Date(Date.parse(day) + dayMs).toISOString()
    return withQuery(`/accounts/${account}/requests`, { from: `${day}T00:00:00.000Z`, to })
  }
  return html`<details><summary>${w.calls}</summary>
    <${Table} label=${w.calls} head=${[w.day, { number: w.count }, { number: w.amount }]}>
      ${facts.calls.map(
        ({ day, count: of, amount }: Month['calls'][number]) => html`<tr key=${day}>
        <td><a href=${ofDay(day)}>${day}</a></td><td class="number">${count(of)}</td>
        <td class="number"><${Usd} amount=${amount} /></td></tr>`,
      )}<//></details>`
}

function Movements({ rows }: { rows: readonly Movement[] }) {
  const w = receipt()
  return html`<h3>${w.others}</h3>
    <${Table} label=${w.others} head=${[w.time, w.kind, { number: w.amount }]}>
      ${rows.map(
        ({ seq, at, code, amount, reason }: Movement) => html`<tr key=${seq}>
        <td><${Time} at=${at} /></td><td>${nameOf(code)} ${reason && html`<small>${reason}</small>`}</td>
        <td class="number"><${Usd} amount=${amount} /></td></tr>`,
      )}<//>`
}
