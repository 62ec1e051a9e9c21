/** What is sold: every model with its prices and how it did; searched, filtered and ordered in the address [T3.2]. */
import { api, ask } from '../api.ts'
import { count, milliseconds, percent, usd } from '../format.ts'
import { CopyButton } from '../parts/copy.ts'
import { Usd } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { useSome } from '../parts/more.ts'
import { useQuery } from '../parts/query.ts'
import { Table } from '../parts/table.ts'
import { models } from '../words/models.ts'

export const readModels = () => ask(api.models.get())
export type ModelView = Awaited<ReturnType<typeof readModels>>['data'][number]

export const modelPath = (id: string) =>
  `/models/${id.split('/').map(encodeURIComponent).join('/')}`

type Filters = Record<string, string | undefined>
const mostPrices = ['0.1', '0.5', '1', '3', '10']

export function Models() {
  const w = models()
  const list = useLoad('models', readModels)
  return html`
    <h1>${w.title}</h1>
    <p>${w.lead}</p>
    <${Load} of=${list}>${({ data }: { data: ModelView[] }) =>
      data.length === 0
        ? html`<div class="state"><p>${w.empty}</p><a class="button" href="/docs">${w.toDocs}</a></div>`
        : html`<${Found} all=${data} />`}<//>
  `
}

function Found({ all }: { all: readonly ModelView[] }) {
  const w = models()
  const { query, change } = useQuery()
  const shown = sorted(
    all.filter((model) => fits(model, query)),
    query.sort,
  )
  const { some, more } = useSome(shown)
  const head = [
    w.model,
    ...[w.input, w.output, w.context, w.firstToken, w.uptime].map((number) => ({ number })),
  ]
  return html`
    <${FilterBar} query=${query} change=${change} />
    <p role="status" class="soft">${w.found(shown.length, all.length)}</p>
    ${
      shown.length === 0
        ? html`<div class="state"><p>${w.none}</p>
            <a class="button" href="/models">${w.clear}</a></div>`
        : html`<${Table} label=${w.title} head=${head}>${some.map(
            (model) => html`<${Row} key=${model.id} model=${model} />`,
          )}<//>${more}`
    }
  `
}

interface FilterBarProps {
  query: Filters
  change(changes: Record<string, string | null>, replace?: boolean): void
}

function FilterBar({ query, change }: FilterBarProps) {
  const w = models()
  const choice = (name: string, label: string, options: readonly (readonly [string, string])[]) =>
    html`<label class="field"><span>${label}</span>
      <select name=${name} value=${query[name] ?? ''} onChange=${(event: Event) =>
        change({ [name]: (event.target as HTMLSelectElement).value }, true)}>
        ${options.map(([value, text]) => html`<option key=${value} value=${value} selected=${value === (query[name] ?? '')}>${text}</option>`)}
      </select></label>`
  return html`<form class="row filters" role="search" onSubmit=${(event: Event) => event.preventDefault()}>
    <label class="field"><span>${w.search}</span>
      <input type="search" name="q" value=${query.q ?? ''} onInput=${(event: Event) =>
        change({ q: (event.target as HTMLInputElement).value }, true)} /></label>
    ${choice('kind', w.kind, [['', w.anyKind], ...Object.entries(w.kinds)])}
    ${choice('can', w.can, [['', w.anything], ...Object.entries(w.abilities)])}
    ${choice('most', w.most, [['', w.anyPrice], ...mostPrices.map((one) => [one, w.upTo(usd(one))] as const)])}
    ${choice('sort', w.sort, [
      ['', w.sorts.used],
      ['name', w.sorts.name],
      ['price', w.sorts.price],
      ['context', w.sorts.context],
      ['speed', w.sorts.speed],
    ])}
  </form>`
}

function Row({ model }: { model: ModelView }) {
  const w = models()
  const { id, name, prices, measured } = model
  return html`<tr>
    <th scope="row"><a href=${modelPath(id)}>${name}</a>
      ${model.state === 'deprecated' && html` <span class="badge">${w.deprecated}</span>`}
      ${name !== id && html`<br /><code>${id}</code>`} <${CopyButton} text=${id} of=${id} /></th>
    <td class="number"><${Usd} amount=${prices.input ?? null} /></td>
    <td class="number"><${Usd} amount=${prices.output ?? null} /></td>
    <td class="number">${model.context_length === null ? '–' : count(model.context_length)}</td>
    <td class="number">${milliseconds(measured?.first_token_ms ?? null)}</td>
    <td class="number">${measured ? percent(measured.uptime) : '–'}</td>
  </tr>`
}

function fits(model: ModelView, { q = '', kind, can, most }: Filters): boolean {
  const text = `${model.id} ${model.name} ${model.description}`.toLowerCase()
  if (
    !q
      .toLowerCase()
      .split(/\s+/)
      .every((word) => text.includes(word))
  )
    return false
  if (kind && model.kind !== kind) return false
  const abilities: readonly string[] = [...model.input_modalities, ...model.supported_parameters]
  if (can && !abilities.includes(can)) return false
  return !most || Number(model.prices.input ?? 0) <= Number(most)
}

/** What has no figure comes last, and what is alike stands by name. */
function sorted(list: readonly ModelView[], by = 'used'): ModelView[] {
  const figures: Record<string, (model: ModelView) => number> = {
    used: ({ measured }) => -(measured?.calls ?? 0),
    price: ({ prices }) => Number(prices.input ?? 0),
    context: ({ context_length }) => -(context_length ?? 0),
    speed: ({ measured }) => measured?.first_token_ms ?? Number.MAX_SAFE_INTEGER,
  }
  const figure = figures[by] ?? (() => 0)
  return list.toSorted((a, b) => figure(a) - figure(b) || a.name.localeCompare(b.name))
}
