/** What is sold and at what price: both sides beside each other, what is scheduled, and what the price list proposes. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { percent } from '../format.ts'
import { mayAdmin } from '../parts/admin.ts'
import { Dialog } from '../parts/dialog.ts'
import { Day, Time } from '../parts/figures.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { Markups } from '../parts/markups.ts'
import { ModelDialog, StateDialog } from '../parts/model-form.ts'
import { useSome } from '../parts/more.ts'
import { PriceDialog } from '../parts/price-form.ts'
import { Proposals } from '../parts/proposals.ts'
import { useQuery } from '../parts/query.ts'
import { Table } from '../parts/table.ts'
import { writePrice } from '../parts/tiers.ts'
import { textOf } from '../parts/written.ts'
import { adminModels } from '../words/admin-models.ts'
import { models as modelWords } from '../words/models.ts'

const readModels = () => ask(api.admin.models.get())
type List = Awaited<ReturnType<typeof readModels>>
export type ModelView = List['data'][number]
type Version = ModelView['scheduled'][number]

export function AdminModels() {
  const w = adminModels()
  const list = useLoad('admin models', readModels)
  const { query, change } = useQuery()
  // Proposals are shown anew where other rules make other prices of them.
  const rules = useSignal(0)
  const add =
    mayAdmin('run') &&
    html`<button type="button" class="primary" onClick=${() => change({ new: '1' })}>${w.add}</button>`
  const search = (event: Event) => change({ q: (event.target as HTMLInputElement).value }, true)
  return html`<div class="row between"><h1>${w.title}</h1>${add}</div>
    <p>${w.lead}</p>
    <${Load} of=${list}>${({ data }: List) =>
      data.length === 0
        ? html`<div class="state"><p>${w.empty}</p></div>`
        : html`<p><label>${w.search} <input type="search" value=${query.q ?? ''} autocomplete="off" onInput=${search} /></label></p>
        <${Models} rows=${data.filter(({ id }) => id.includes(query.q ?? ''))} />
        <${Scheduled} rows=${data} />
        <${Opened} rows=${data} again=${list.again} />`}<//>
    ${
      query.new &&
      html`<${ModelDialog} model=${null} onClose=${() => {
        change({ new: null })
        list.again()
      }} />`
    }
    <${Proposals} key=${rules.value} onDecided=${list.again} />
    ${mayAdmin('run') && html`<${Markups} onSaved=${() => rules.value++} />`}`
}

function Models({ rows }: { rows: readonly ModelView[] }) {
  const w = adminModels()
  const { change } = useQuery()
  const { some, more } = useSome(rows)
  if (rows.length === 0) return html`<p class="state">${w.none}</p>`
  const acts = mayAdmin('run')
  const numbers = [w.sell, w.buy, w.margin].map((number) => ({ number }))
  const head = [w.model, w.unit, ...numbers, w.channels]
  const act = (what: 'price' | 'change' | 'state', id: string) =>
    html`<button type="button" class="small" aria-label=${w.of(w[what], id)} onClick=${() => change({ [what]: id })}>${w[what]}</button>`
  return html`<${Table} label=${w.title} head=${acts ? [...head, w.acts] : head}>${some.map(
    (row) => html`<tr key=${row.id}>
      <td><${Name} row=${row} /></td>
      <${PriceCells} row=${row} />
      <td>${row.channels.map(({ channel, model, state, priority, weight }) => html`<div key=${channel + model} class=${state === 'active' ? '' : 'soft'}>${channel} <small>${priority}/${weight}</small></div>`)}</td>
      ${acts && html`<td><div class="row">${act('price', row.id)}${act('change', row.id)}${act('state', row.id)}</div></td>`}</tr>`,
  )}<//>${more}`
}

function Name({ row }: { row: ModelView }) {
  const w = adminModels()
  return html`${row.id}${row.name && html`<br /><small>${row.name}</small>`}<br />
    <span class=${row.state === 'active' ? 'badge good' : 'badge'}>${w.states[row.state]}</span>
    ${row.retires_at && html` <small>${w.until} <${Day} at=${row.retires_at} /></small>`}
    ${!row.sold && row.state !== 'retired' && html` <span class="badge bad">${w.notSold}</span>`}`
}

/** A line for each unit that has a price, the same in every cell. */
function PriceCells({ row: { sell, buy, margins, below_cost } }: { row: ModelView }) {
  const w = adminModels()
  const units = [...new Set([sell, buy].flatMap((one) => Object.keys(one?.prices ?? {})))]
  const lines = (show: (unit: string) => string) =>
    units.map((unit) => html`<div key=${unit} class="line">${show(unit)}</div>`)
  const marginOf = (name: string) => margins.find(({ unit }) => unit === name)?.margin
  return html`<td>${lines((unit) => w.units[unit] ?? unit)}</td>
    ${[sell, buy].map((side) => html`<td class="number">${side ? lines((unit) => writePrice(side.prices[unit]) || '–') : w.noPrice}</td>`)}
    <td class="number">${lines((unit) => share(marginOf(unit)))}
      ${below_cost.length > 0 && html`<span class="badge bad">${w.belowCost}</span>`}</td>`
}

const share = (margin: number | undefined) => (margin === undefined ? '–' : percent(margin))

function PriceList({ version }: { version: Version }) {
  const { units } = modelWords()
  return Object.entries(version.prices).map(
    ([unit, price]) =>
      html`<div key=${unit}><small>${units[unit as keyof typeof units]}</small> ${writePrice(price)}</div>`,
  )
}

function Scheduled({ rows }: { rows: readonly ModelView[] }) {
  const w = adminModels()
  const { change } = useQuery()
  const waiting = rows.flatMap(({ id, scheduled }) =>
    scheduled.map((one) => ({ ...one, model: id })),
  )
  const head = [w.model, w.side, w.price, w.from, w.by, w.acts]
  const callOff = ({ id, model }: (typeof waiting)[number]) =>
    mayAdmin('run') &&
    html`<button type="button" class="small" aria-label=${w.of(w.callOff, model)} onClick=${() => change({ off: id })}>${w.callOff}</button>`
  return html`<h2>${w.scheduled}</h2>${
    waiting.length === 0
      ? html`<p class="state">${w.noScheduled}</p>`
      : html`<${Table} label=${w.scheduled} head=${head}>${waiting.map(
          (one) => html`<tr key=${one.id}><td>${one.model}</td><td>${w.sides[one.side]}</td>
            <td><${PriceList} version=${one} /></td><td><${Time} at=${one.effective_from} /></td>
            <td>${one.by}</td><td>${callOff(one)}</td></tr>`,
        )}<//>`
  }`
}

/** The dialog that the address names. */
function Opened({ rows, again }: { rows: readonly ModelView[]; again(): void }) {
  const { query, change } = useQuery()
  const w = adminModels()
  const find = (id: string | undefined) => rows.find((row) => row.id === id)
  const close = () => {
    change({ price: null, change: null, state: null, off: null })
    again()
  }
  const [price, changed, state] = [find(query.price), find(query.change), find(query.state)]
  const owner = rows.find(({ scheduled }) => scheduled.some(({ id }) => id === query.off))
  if (!mayAdmin('run')) return null
  if (price) return html`<${PriceDialog} model=${price} onClose=${close} />`
  if (changed) return html`<${ModelDialog} model=${changed} onClose=${close} />`
  if (state) {
    const others = rows.map(({ id }) => id).filter((id) => id !== state.id)
    return html`<${StateDialog} model=${state} others=${others} onClose=${close} />`
  }
  if (!owner || !query.off) return null
  const off = { model: owner.id, version: query.off, revision: owner.revision }
  const send = async (data: FormData) => {
    await ask(api.admin.prices.cancel.post({ ...off, reason: textOf(data, 'reason') }))
    close()
  }
  return html`<${Dialog} title=${w.of(w.callOff, owner.id)} onClose=${close}><p>${w.callOffLead}</p>
    <${Form} submit=${w.callOff} danger onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="reason" label=${w.reason} maxlength="1000" autocomplete="off" required />`}<//><//>`
}
