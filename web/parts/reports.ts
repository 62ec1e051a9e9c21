/** The operator's reports, each a table with what it comes to. */
import { api, ask } from '../api.ts'
import { count, money, utc } from '../format.ts'
import { adminReports } from '../words/admin-reports.ts'
import { Act } from './act.ts'
import { mayAdmin } from './admin.ts'
import { sumOf } from './arithmetic.ts'
import { Time, Usd } from './figures.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { usePieces } from './more.ts'
import { withRecent } from './recent.ts'
import { Table } from './table.ts'

const routes = api.admin.reports
const readLiability = (after: string | null) =>
  ask(routes.liability.get({ query: { ...(after && { after }) } }))
type Liability = Awaited<ReturnType<typeof readLiability>>
const read = {
  revenue: () => ask(routes.revenue.get()),
  tax: () => ask(routes.tax.get()),
  fees: () => ask(routes.fees.get()),
  unreconciled: () => ask(routes.unreconciled.get()),
}
type Rows<Name extends keyof typeof read> = Awaited<ReturnType<(typeof read)[Name]>>['data']

const number = (text: string) => ({ number: text })
const nothing = (text: string) => html`<p class="state">${text}</p>`

export function LiabilityReport() {
  const w = adminReports()
  const { columns: c } = w
  const { first, rows, more } = usePieces('liability', readLiability)
  const facts = ['owed', 'debts', 'held', 'paid_left', 'promotional_left'] as const
  return html`<${Load} of=${first}>${(sums: Liability) => html`
    <dl>${facts.map((name) => html`<dt>${w.facts[name]}</dt><dd><${Usd} amount=${sums[name]} /></dd>`)}</dl>
    <p><small>${w.asOf(utc(sums.as_of))}${sums.not_divided > 0 && ` · ${w.notDivided(count(sums.not_divided))}`}</small></p>
    ${
      rows.length === 0
        ? nothing(w.empty)
        : html`<${Table} label=${w.reports.liability} head=${[c.account, number(c.balance), number(c.bought_six_months)]}>
          ${rows.map(
            (row: Liability['data'][number]) => html`<tr key=${row.account}>
            <td>${row.name} <small>${row.account}</small></td>
            <td class="number"><${Usd} amount=${row.balance} /></td>
            <td class="number"><${Usd} amount=${row.bought_six_months} /></td></tr>`,
          )}<//>${more}`
    }`}<//>`
}

export function RevenueReport() {
  const w = adminReports()
  const { columns: c } = w
  const amounts = ['charged', 'written_off', 'buy_cost', 'margin'] as const
  const loaded = useLoad('revenue', read.revenue)
  return html`<${Load} of=${loaded}>${({ data }: { data: Rows<'revenue'> }) =>
    data.length === 0
      ? nothing(w.empty)
      : html`<${Table} label=${w.reports.revenue} head=${[c.month, number(c.calls), ...amounts.map((name) => number(c[name]))]}>
        ${data.map(
          (
            row,
          ) => html`<tr key=${row.month}><td>${row.month}</td><td class="number">${count(row.calls)}</td>
          ${amounts.map((name) => html`<td class="number"><${Usd} amount=${row[name]} /></td>`)}</tr>`,
        )}
        <tr><th scope="row">${w.sum}</th><td class="number">${count(data.reduce((sum, { calls }) => sum + calls, 0))}</td>
          ${amounts.map((name) => html`<td class="number"><strong><${Usd} amount=${sumOf(data.map((row) => row[name]))} /></strong></td>`)}</tr>
      <//>`}<//>`
}

export function TaxReport() {
  const w = adminReports()
  const { columns: c } = w
  const amounts = ['taxable', 'collected', 'given_back', 'due'] as const
  const loaded = useLoad('tax', read.tax)
  return html`<${Load} of=${loaded}>${({ data }: { data: Rows<'tax'> }) =>
    data.length === 0
      ? nothing(w.empty)
      : html`<${Table} label=${w.reports.tax} head=${[c.month, c.country, number(c.rate), ...amounts.map((name) => number(c[name]))]}>
        ${data.map(
          (
            row,
          ) => html`<tr><td>${row.month}</td><td>${row.country ?? w.noCountry}</td><td class="number">${row.rate === null ? w.severalRates : `${row.rate}%`}</td>
          ${amounts.map((name) => html`<td class="number">${money(row[name], row.currency)}</td>`)}</tr>`,
        )}
        ${byCurrency(data).map(
          ([
            currency,
            rows,
          ]) => html`<tr key=${currency}><th scope="row">${w.sum} ${currency}</th><td></td><td></td>
          ${amounts.map((name) => html`<td class="number"><strong>${money(sumOf(rows.map((row) => row[name])), currency)}</strong></td>`)}</tr>`,
        )}<//>`}<//>`
}

export function FeesReport() {
  const w = adminReports()
  const { columns: c } = w
  const loaded = useLoad('fees', read.fees)
  const counted = ['payments', 'unknown'] as const
  const paid = ['total', 'fee'] as const
  return html`<${Load} of=${loaded}>${({ data }: { data: Rows<'fees'> }) =>
    data.length === 0
      ? nothing(w.empty)
      : html`<${Table} label=${w.reports.fees} head=${[c.month, c.processor, ...[...counted, ...paid].map((name) => number(c[name]))]}>
        ${data.map(
          (row) => html`<tr><td>${row.month}</td><td>${row.processor}</td>
          ${counted.map((name) => html`<td class="number">${count(row[name])}</td>`)}
          ${paid.map((name) => html`<td class="number">${money(row[name], row.currency)}</td>`)}</tr>`,
        )}
        ${byCurrency(data).map(
          ([
            currency,
            rows,
          ]) => html`<tr key=${currency}><th scope="row">${w.sum} ${currency}</th><td></td>
          ${counted.map((name) => html`<td class="number">${count(rows.reduce((sum, row) => sum + row[name], 0))}</td>`)}
          ${paid.map((name) => html`<td class="number"><strong>${money(sumOf(rows.map((row) => row[name])), currency)}</strong></td>`)}</tr>`,
        )}<//>`}<//>`
}

export function UnreconciledReport() {
  const w = adminReports()
  const { columns: c } = w
  const loaded = useLoad('unreconciled', read.unreconciled)
  const retry = (id: string) => async () => {
    await withRecent(() => ask(api.admin.invoices({ receipt: Number(id) }).retry.post()))
    loaded.again()
  }
  return html`<${Load} of=${loaded}>${({ data }: { data: Rows<'unreconciled'> }) =>
    data.length === 0
      ? nothing(w.settled)
      : html`<${Table} label=${w.reports.unreconciled} head=${[c.time, c.kind, c.why, c.account, c.processor, number(c.total), c.act]}>
        ${data.map(
          (row) => html`<tr key=${row.kind + row.id}>
          <td><${Time} at=${row.created_at} /></td><td>${w.kinds[row.kind]} <small>${row.id}</small></td>
          <td>${w.whys[row.why] ?? row.why}</td><td>${row.account}</td><td>${row.processor}</td>
          <td class="number">${money(row.total, row.currency)}</td>
          <td>${row.kind === 'invoice' && mayAdmin('money') && html`<${Act} name=${`${w.retry} ${row.id}`} act=${retry(row.id)}>${w.retry}<//>`}</td></tr>`,
        )}<//>`}<//>`
}

function byCurrency<Row extends { currency: string }>(rows: readonly Row[]): [string, Row[]][] {
  return [...Map.groupBy(rows, ({ currency }) => currency)]
}
