/** One model: what it can do, what it costs, cost and will cost [T3.2], how it did, and how it is called. */
import { api, ask } from '../api.ts'
import { count, date, milliseconds, percent } from '../format.ts'
import { Calculator } from '../parts/calculator.ts'
import { Code } from '../parts/copy.ts'
import { Time, Usd } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import type { PriceSheet } from '../parts/price.ts'
import { snippets } from '../parts/snippets.ts'
import { Table } from '../parts/table.ts'
import type { PageProps } from '../routes.ts'
import { models } from '../words/models.ts'
import { shell } from '../words/shell.ts'
import { type ModelView, modelPath, readModels } from './models.ts'

export function Model({ rest = '' }: PageProps) {
  const id = decodeURIComponent(rest.slice(1))
  const list = useLoad('models', readModels)
  return html`
    <p><a href="/models">← ${models().back}</a></p>
    <${Load} of=${list}>${({ data }: { data: ModelView[] }) => {
      const model = data.find((one) => one.id === id)
      return model
        ? html`<${Detail} key=${id} model=${model} />`
        : html`<h1>${shell().notFound}</h1>`
    }}<//>
  `
}

function Detail({ model }: { model: ModelView }) {
  const w = models()
  const { id, name, description, state, retires_at, successor } = model
  return html`
    <h1>${name} ${state === 'deprecated' && html`<span class="badge bad">${w.deprecated}</span>`}</h1>
    ${description && html`<p>${description}</p>`}
    ${
      (retires_at || successor) &&
      html`<p class="notice">${retires_at && w.retires(date(retires_at))}
        ${successor && html` ${w.successor} <a href=${modelPath(successor)}>${successor}</a>`}</p>`
    }
    <${Code} text=${id} label=${w.id} />
    <h2>${w.prices}</h2>
    <${PriceTable} label=${w.prices} sheet=${model} />
    <${Calculator} sheet=${model} embeds=${model.kind === 'embeddings'} />
    <h2>${w.facts}</h2>
    <${Facts} model=${model} />
    <h2>${w.measured}</h2>
    <${MeasuredFacts} measured=${model.measured} />
    <h2>${w.call}</h2>
    ${snippets(`${location.origin}/api/v1`, '$KKAI_KEY', id, model.kind).map(
      ([title, text], index) =>
        html`<details key=${title} name="snippet" open=${index === 0}><summary>${title}</summary>
          <${Code} text=${text} label=${title} /></details>`,
    )}
    <h2>${w.history}</h2>
    <${History} id=${id} />
  `
}

function PriceTable({ label, sheet }: { label: string; sheet: PriceSheet }) {
  const w = models()
  const lengths = sheet.long_prompts
  const units = Object.keys(sheet.prices)
  if (units.length === 0) return html`<p>${w.noPrices}</p>`
  const longer = lengths.map((one) => ({ number: w.longPrompts(count(one.min_prompt_tokens)) }))
  return html`<${Table} label=${label} head=${[w.unit, { number: w.per }, ...longer]}>${units.map(
    (unit) => html`<tr key=${unit}>
      <th scope="row">${w.units[unit] ?? unit}</th>
      ${[sheet, ...lengths].map(
        ({ prices }, at) =>
          html`<td key=${at} class="number"><${Usd} amount=${prices[unit] ?? null} /></td>`,
      )}
    </tr>`,
  )}<//>`
}

function Facts({ model }: { model: ModelView }) {
  const w = models()
  const tokens = (value: number | null) => (value === null ? '–' : w.tokens(count(value)))
  const reads = model.input_modalities.map((one) => w.modalities[one] ?? one)
  const facts = [
    [w.kind, w.kinds[model.kind] ?? model.kind],
    [w.context, tokens(model.context_length)],
    [w.maxOutput, tokens(model.max_output)],
    [w.reads, reads.join(', ')],
    [w.parameters, model.supported_parameters.join(', ') || '–'],
  ]
  return html`<${FactList} facts=${facts} />`
}

function MeasuredFacts({ measured }: Pick<ModelView, 'measured'>) {
  const w = models()
  if (measured === null) return html`<p>${w.notMeasured}</p>`
  const facts = [
    [w.firstToken, milliseconds(measured.first_token_ms)],
    [w.speed, measured.tokens_per_second === null ? '–' : count(measured.tokens_per_second)],
    [w.uptime, percent(measured.uptime)],
    [w.calls, count(measured.calls)],
  ]
  return html`<p class="soft">${w.measuredLead}</p><${FactList} facts=${facts} />`
}

function FactList({ facts }: { facts: readonly string[][] }) {
  return html`<dl>${facts.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl>`
}

const readHistory = (id: string) => ask(api.models.history.get({ query: { id } }))
type Version = Awaited<ReturnType<typeof readHistory>>['data'][number]

function History({ id }: { id: string }) {
  const w = models()
  const history = useLoad(id, () => readHistory(id))
  return html`<${Load} of=${history}>${({ data }: { data: Version[] }) =>
    data.map(
      (version, index) => html`
      <details key=${version.id} open=${index === 0}>
        <summary>${w.from} <${Time} at=${version.effective_from} />
          <span class="badge">${w.states[version.state]}</span></summary>
        <${PriceTable} label=${w.history} sheet=${version} />
      </details>`,
    )}<//>`
}
