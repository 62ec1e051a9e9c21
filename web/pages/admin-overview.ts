/** The operator's first page: whether the platform earns, works and is safe. */
import type { ComponentChildren } from 'preact'
import { api, ask } from '../api.ts'
import { count, milliseconds, percent, usd } from '../format.ts'
import { Time, Usd } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { useQuery } from '../parts/query.ts'
import { Table } from '../parts/table.ts'
import { adminOverview } from '../words/admin-overview.ts'

const readOverview = () => ask(api.admin.overview.get())
type Overview = Awaited<ReturnType<typeof readOverview>>
type Sums = Pick<Overview['last_24h'], 'calls' | 'error_share' | 'charged' | 'buy_cost' | 'margin'>

export function AdminOverview() {
  const w = adminOverview()
  const loaded = useLoad('admin overview', readOverview)
  const { query, change } = useQuery()
  const month = query.period === 'month'
  const choose = (event: Event) => change({ period: (event.target as HTMLSelectElement).value })
  return html`<h1>${w.title}</h1>
    <${Load} of=${loaded}>${(shown: Overview) => html`
      <${Problems} shown=${shown} />
      <p><label>${w.period} <select onChange=${choose}>
        ${(['day', 'month'] as const).map((one) => html`<option key=${one} value=${one} selected=${(one === 'month') === month}>${w.periods[one]}</option>`)}
      </select></label></p>
      <${Cards} shown=${shown} month=${month} />
      <${Tables} shown=${shown} month=${month} />`}<//>`
}

function Problems({ shown: { problems, cost_differences } }: { shown: Overview }) {
  const w = adminOverview()
  if (problems.length + cost_differences.length === 0) return null
  return html`<h2>${w.problems}</h2><ul role="alert">
    ${problems.map((one) => html`<li key=${one}>${one}</li>`)}
    ${cost_differences.map(
      ({ channel, day, reported, reckoned }) => html`<li key=${channel + day}>
        ${w.costDiffers(channel, day, usd(reported), usd(reckoned))} <a href="/admin/reports?report=providers">${w.toProviders}</a></li>`,
    )}</ul>`
}

interface ShownProps {
  shown: Overview
  month: boolean
}

function Cards({ shown, month }: ShownProps) {
  const w = adminOverview()
  const sums = month ? shown.last_30d : shown.last_24h
  const { refunds, negative, ledger } = shown
  const waiting = refunds.asked + refunds.approved + refunds.failed
  const verdict = ledger.verified === null ? w.unchecked : ledger.verified ? w.verified : w.broken
  return html`<div class="cards">
    <${Card} title=${w.liability} big=${html`<${Usd} amount=${shown.liability} />`}>${w.held(usd(shown.held))}<//>
    <${Card} title=${`${w.revenue}, ${month ? w.periods.month : w.periods.day}`} big=${html`<${Usd} amount=${sums.charged} />`}>
      ${w.margin(usd(sums.margin), usd(sums.buy_cost))}<//>
    <${Card} title=${w.negative} big=${html`<a href="/admin/reports">${count(negative.accounts)}</a>`}>${w.negativeOf(usd(negative.owed))}<//>
    <${Card} title=${w.payments} big=${html`<a href="/admin/payments?show=pending">${count(shown.payments_pending)}</a>`} />
    <${Card} title=${w.refunds} big=${html`<a href="/admin/refunds">${count(waiting)}</a>`}>
      ${w.refundsOf(count(refunds.asked), count(refunds.approved), count(refunds.failed))}<//>
    <${Card} title=${w.ledger} big=${html`<span class=${ledger.verified === false ? 'error' : ''}>${verdict}</span>`}>
      ${ledger.at && html`<${Time} at=${ledger.at} />`}<//>
    <${Card} title=${w.backup} big=${shown.backup_at ? html`<${Time} at=${shown.backup_at} />` : '–'}>${!shown.backup_at && w.noBackup}<//>
    <${Card} title=${w.disk} big=${`${count(shown.disk.free_bytes / 1e9)} GB`}>${percent(shown.disk.free_bytes / shown.disk.total_bytes)}<//>
    <${Card} title=${w.version} big=${shown.version} />
  </div>`
}

interface CardProps {
  title: string
  big: ComponentChildren
  children?: ComponentChildren
}

function Card({ title, big, children }: CardProps) {
  return html`<section class="card"><div class="soft">${title}</div><div class="big">${big}</div><small>${children}</small></section>`
}

function Tables({ shown, month }: ShownProps) {
  const w = adminOverview()
  const { models, accounts, calls } = month ? shown.last_30d : shown.last_24h
  if (calls === 0) {
    return html`<div class="state"><p>${w.noCalls}</p><p><a class="button" href="/admin/models">${w.toModels}</a></p></div>`
  }
  const sums = [w.calls, w.errors, w.charged, w.cost, w.left].map((number) => ({ number }))
  return html`<h2>${w.byModel}</h2>
    <${Table} label=${w.byModel} head=${[w.model, ...sums]}>${models.map(
      ({ model, ...row }) => html`<tr key=${model}><td>${model}</td>${cells(row)}</tr>`,
    )}<//>
    <h2>${w.byAccount}</h2>
    <${Table} label=${w.byAccount} head=${[w.account, ...sums]}>${accounts.map(
      ({ account, name, ...row }) =>
        html`<tr key=${account}><td><a href=${`/admin/accounts/${account}`}>${name}</a></td>${cells(row)}</tr>`,
    )}<//>
    ${
      shown.channels_24h.length > 0 &&
      html`<h2>${w.byChannel}</h2>
      <${Table} label=${w.byChannel} head=${[w.channel, ...sums, { number: w.duration }]}>${shown.channels_24h.map(
        ({ channel, duration_ms, ...row }) =>
          html`<tr key=${channel}><td><a href="/admin/channels">${channel}</a></td>${cells(row)}<td class="number">${milliseconds(duration_ms)}</td></tr>`,
      )}<//>`
    }`
}

const cells = ({ calls, error_share, charged, buy_cost, margin }: Sums) => html`
  <td class="number">${count(calls)}</td>
  <td class="number">${error_share === null ? '–' : percent(error_share)}</td>
  ${[charged, buy_cost, margin].map((amount) => html`<td class="number"><${Usd} amount=${amount} /></td>`)}`
