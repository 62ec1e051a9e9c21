/** An account at a glance: what is left and for how long, what is spent and on what, and what went wrong. */
import { count, date, percent, usd } from '../format.ts'
import { Chart } from '../parts/chart.ts'
import { Time, Usd } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { type OverviewFacts, readOverview } from '../parts/overview-facts.ts'
import { may } from '../parts/role.ts'
import { slotsOf } from '../parts/stack.ts'
import { Table } from '../parts/table.ts'
import type { PageProps } from '../routes.ts'
import { overview } from '../words/overview.ts'
import { outcomeName } from '../words/requests.ts'

type ChartPoint = OverviewFacts['chart'][number]

export function Overview({ account = '' }: PageProps) {
  const facts = useLoad(`overview ${account}`, () => readOverview(account))
  return html`
    <h1>${overview().title}</h1>
    <${Load} of=${facts}>${(shown: OverviewFacts) => html`<${Shown} account=${account} facts=${shown} />`}<//>
  `
}

/** That it is suspended stands above every page already. */
const isNews = ({ kind }: OverviewFacts['notices'][number]) => kind !== 'suspended'

function Shown({ account, facts }: { account: string; facts: OverviewFacts }) {
  const w = overview()
  const { credit, key, request } = facts.first_steps
  const points = facts.chart.map(({ at, model, model_name, charged }: ChartPoint) => ({
    ...{ at, group: model, name: model_name, value: Number(charged) },
  }))
  return html`
    ${facts.notices.filter(isNews).map(
      ({ kind, subject, at, link }: OverviewFacts['notices'][number]) => html`
      <p key=${`${kind} ${subject} ${at}`} class="notice" role="status">${w.notices[kind]?.(subject ?? '', at === null ? '' : date(at))} <a href=${link}>${w.look}</a></p>`,
    )}
    ${!(credit && key && request) && html`<p><a href=${`/accounts/${account}/start`}>${w.steps}</a></p>`}
    <${Cards} account=${account} facts=${facts} />
    <h2>${w.chart}</h2>
    ${
      points.length === 0
        ? html`<div class="state"><p>${w.noUsage}</p><a class="button" href=${`/accounts/${account}/start`}>${w.firstCall}</a></div>`
        : html`<${Chart} label=${w.chart} points=${points} slots=${lastDays()} bucket="day" format=${(value: number) => usd(String(value))} />`
    }
    ${facts.last_requests.length > 0 && html`<${LastRequests} account=${account} rows=${facts.last_requests} />`}
  `
}

function Cards({ account, facts }: { account: string; facts: OverviewFacts }) {
  const w = overview()
  return html`<div class="cards">
    <section class="card"><h2>${w.balance}</h2><p class="big"><${Usd} amount=${facts.balance} /></p>
      <small>${facts.runway_days === null ? w.noRunway : w.runway(Math.floor(facts.runway_days))}
        ${Number(facts.held) > 0 && html`<br />${w.held(usd(facts.held))}`}
        ${may(account, 'bill') && html`<br /><a href=${`/accounts/${account}/billing`}>${w.addCredit}</a>`}</small></section>
    <section class="card"><h2>${w.spend}</h2><p class="big"><${Usd} amount=${facts.spend_today} /></p>
      <small>${w.yesterday(usd(facts.spend_yesterday_same_time))}</small></section>
    <section class="card"><h2>${w.requests}</h2><p class="big">${count(facts.requests_24h)}</p>
      <small>${facts.error_share_24h !== null && w.errors(percent(facts.error_share_24h))}</small></section>
    <section class="card"><h2>${w.tokens}</h2><p class="big">${count(facts.tokens_24h)}</p></section>
  </div>`
}

function LastRequests({
  account,
  rows,
}: {
  account: string
  rows: OverviewFacts['last_requests']
}) {
  const w = overview()
  const path = `/accounts/${account}/requests`
  return html`
    <h2>${w.last}</h2>
    <${Table} label=${w.last} head=${[w.time, w.model, w.outcome, { number: w.cost }]}>
      ${rows.map(
        (row: OverviewFacts['last_requests'][number]) => html`<tr key=${row.id}>
        <td><a href=${`${path}?id=${row.id}`}><${Time} at=${row.created_at} seconds /></a></td>
        <td>${row.model}</td><td>${outcomeName(row.outcome)}</td>
        <td class="number"><${Usd} amount=${row.cost} /></td></tr>`,
      )}
    <//>
    <p><a href=${path}>${w.allRequests}</a></p>
  `
}

function lastDays(): string[] {
  const from = new Date()
  from.setDate(from.getDate() - 29)
  return slotsOf(from.toISOString(), new Date().toISOString(), 'day')
}
