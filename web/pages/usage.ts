/** Usage over time: range, groups and filters stand in the address; a bar or its name filters. */
import { api, ask } from '../api.ts'
import { count, percent, timeZone, usd } from '../format.ts'
import { Chart } from '../parts/chart.ts'
import { Usd } from '../parts/figures.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { useQuery, withQuery } from '../parts/query.ts'
import { slotsOf } from '../parts/stack.ts'
import { textOf } from '../parts/written.ts'
import type { PageProps } from '../routes.ts'
import { usageWords } from '../words/usage.ts'

const ranges = ['24h', '7d', '30d', 'month', 'custom'] as const
const groups = ['model', 'key', 'member'] as const
const measures = ['charged', 'requests', 'tokens'] as const
type Measure = (typeof measures)[number]

/** What the address says, or else the first or the default: it may say anything. */
const oneOf = <T extends string>(list: readonly T[], text: string | undefined, otherwise: T): T =>
  list.find((one) => one === text) ?? otherwise

type Query = Record<string, string | undefined>

function readUsage(account: string, { range, by, from, to, model, key, member }: Query) {
  return ask(
    api.accounts({ account }).usage.get({
      query: {
        range: oneOf(ranges, range, '30d'),
        by: oneOf(groups, by, 'model'),
        time_zone: timeZone(),
        ...(from && { from }),
        ...(to && { to }),
        ...(model && { model }),
        ...(key && { key }),
        ...(member && { member }),
      },
    }),
  )
}
type UsageFacts = Awaited<ReturnType<typeof readUsage>>
type Row = UsageFacts['series'][number]

export function Usage({ account = '' }: PageProps) {
  const w = usageWords()
  const { query, change } = useQuery()
  // A custom range is asked for once it is chosen.
  const asked = query.range === 'custom' && !query.from ? { ...query, range: '30d' } : query
  const { measure: _, ...told } = asked
  const facts = useLoad(`usage ${account} ${JSON.stringify(told)}`, () => readUsage(account, asked))
  return html`
    <h1>${w.title}</h1>
    <${Choices} query=${query} change=${change} />
    ${query.range === 'custom' && html`<${CustomRange} query=${query} change=${change} />`}
    <${ActiveFilters} query=${query} facts=${facts.value} change=${change} />
    <${Load} of=${facts}>${(shown: UsageFacts) =>
      shown.series.length === 0
        ? html`<div class="state"><p>${w.empty}</p><a class="button" href=${`/accounts/${account}/start`}>${w.first}</a></div>`
        : html`<${Shown} account=${account} facts=${shown} query=${query} change=${change} />`}<//>
  `
}

interface PartProps {
  query: Query
  change(changes: Record<string, string | null>): void
}

function Choices({ query, change }: PartProps) {
  const w = usageWords()
  const choice = (
    name: string,
    list: readonly string[],
    chosen: string,
    label: string,
    names: Record<string, string>,
  ) => html`
    <div class="row" role="group" aria-label=${label}><small>${label}</small>${list.map(
      (one) => html`
      <button key=${one} type="button" class="small" aria-pressed=${one === chosen} onClick=${() =>
        change({
          [name]: one,
          ...(name === 'range' && { from: null, to: null }),
        })}>${names[one]}</button>`,
    )}</div>`
  return html`<div class="row">
    ${choice('range', ranges, oneOf(ranges, query.range, '30d'), w.range, w.ranges)}
    ${choice('by', groups, oneOf(groups, query.by, 'model'), w.by, w.groups)}
    ${choice('measure', measures, oneOf(measures, query.measure, 'charged'), w.measure, w.measures)}
  </div>`
}

function CustomRange({ query, change }: PartProps) {
  const w = usageWords()
  const send = async (data: FormData) => {
    const [from, to] = [
      new Date(`${textOf(data, 'from')}T00:00`),
      new Date(`${textOf(data, 'to')}T00:00`),
    ]
    to.setDate(to.getDate() + 1)
    change({ from: from.toISOString(), to: to.toISOString() })
  }
  const lastDay = query.to && new Date(Date.parse(query.to) - 1).toISOString()
  return html`<${Form} submit=${w.show} onSend=${send}>${(form: FormState) => html`
    <${Field} form=${form} name="from" type="date" label=${w.from} value=${dayOf(query.from)} required />
    <${Field} form=${form} name="to" type="date" label=${w.to} value=${dayOf(lastDay)} required />`}<//>`
}

const dayOf = (iso: string | undefined) => (iso ? new Date(iso).toLocaleDateString('sv-SE') : '')

function ActiveFilters({ query, facts, change }: PartProps & { facts: UsageFacts | null }) {
  const w = usageWords()
  const names = new Map(facts?.series.map(({ group, group_name }: Row) => [group, group_name]))
  return html`<p class="row">${groups.flatMap((group) => {
    const id = query[group]
    if (!id) return []
    const text = w.only(w.groups[group] ?? '', String(names.get(id) ?? id))
    return [
      html`<button key=${group} type="button" class="small" aria-label=${w.clear(text)} onClick=${() => change({ [group]: null })}>${text} ✕</button>`,
    ]
  })}</p>`
}

interface ShownProps extends PartProps {
  account: string
  facts: UsageFacts
}

function Shown({ account, facts, query, change }: ShownProps) {
  const w = usageWords()
  const by = oneOf(groups, query.by, 'model')
  const measure = oneOf(measures, query.measure, 'charged')
  const points = facts.series.map((row: Row) => ({
    ...{
      at: row.at,
      group: row.group,
      name: row.group_name || w.noMember,
      value: measured(row, measure),
    },
  }))
  const { model, key } = query
  const format = (value: number) => (measure === 'charged' ? usd(String(value)) : count(value))
  return html`
    <${Totals} totals=${facts.totals} />
    <h2>${w.chart(w.measures[measure] ?? '', w.groups[by] ?? '')}</h2>
    <${Chart} label=${w.chart(w.measures[measure] ?? '', w.groups[by] ?? '')} points=${points} bucket=${facts.bucket}
      slots=${slotsOf(facts.from, facts.to, facts.bucket)} format=${format} onPick=${(group: string) => change({ [by]: group })} />
    <p><a href=${withQuery(`/accounts/${account}/requests`, { model, key, from: facts.from, to: facts.to })}>${w.seeRequests}</a></p>
  `
}

function measured(row: Row, measure: Measure): number {
  if (measure === 'charged') return Number(row.charged)
  return measure === 'requests' ? row.requests : row.prompt_tokens + row.completion_tokens
}

function Totals({ totals }: { totals: UsageFacts['totals'] }) {
  const w = usageWords()
  return html`<div class="cards">
    <section class="card"><h2>${w.spend}</h2><p class="big"><${Usd} amount=${totals.charged} /></p></section>
    <section class="card"><h2>${w.requests}</h2><p class="big">${count(totals.requests)}</p>
      <small>${totals.requests > 0 && w.failures(percent(totals.failures / totals.requests))}</small></section>
    <section class="card"><h2>${w.input}</h2><p class="big">${count(totals.prompt_tokens)}</p></section>
    <section class="card"><h2>${w.output}</h2><p class="big">${count(totals.completion_tokens)}</p></section>
  </div>`
}
