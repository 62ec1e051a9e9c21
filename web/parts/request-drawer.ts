/** One request in full: units × price version = charge, and the ledger's movements that made it. */
import { api, ask } from '../api.ts'
import { count, milliseconds, time } from '../format.ts'
import { outcomeName, requests } from '../words/requests.ts'
import { times } from './arithmetic.ts'
import { Code } from './copy.ts'
import { Dialog } from './dialog.ts'
import { Time } from './figures.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { Table } from './table.ts'

const readRequest = (account: string, id: string) =>
  ask(api.accounts({ account }).requests({ id }).get())
type RequestFacts = Awaited<ReturnType<typeof readRequest>>

interface DrawerProps {
  account: string
  id: string
  onClose(): void
}

export function RequestDrawer({ account, id, onClose }: DrawerProps) {
  const one = useLoad(`request ${id}`, () => readRequest(account, id))
  return html`<${Dialog} title=${requests().one(id)} onClose=${onClose}>
    <${Load} of=${one}>${(row: RequestFacts) => html`<${Facts} row=${row} /><${Arithmetic} row=${row} /><${Transfers} row=${row} /><${Kept} row=${row} />`}<//>
  <//>`
}

function Facts({ row }: { row: RequestFacts }) {
  const w = requests()
  const facts: [string, unknown][] = [
    [w.time, html`<${Time} at=${row.created_at} seconds />`],
    [w.model, row.model],
    [w.key, row.key_name],
    [w.status, `${row.status} · ${outcomeName(row.outcome)}`],
    [w.finish, row.finish_reason ?? '–'],
    [w.app, row.app ?? '–'],
    [w.streamed, row.streamed ? w.yes : w.no],
    [w.firstToken, milliseconds(row.first_token_ms)],
    [w.duration, milliseconds(row.duration_ms)],
  ]
  return html`<dl>${facts.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl>`
}

function Arithmetic({ row }: { row: RequestFacts }) {
  const w = requests()
  const head = [w.unit, { number: w.count }, { number: w.price }, { number: w.amount }]
  return html`
    <h3>${w.arithmetic}</h3>
    <p><small>${w.version(row.price_version, time(row.price_from))}</small></p>
    <${Table} label=${w.arithmetic} head=${head}>
      ${row.units.map(
        ({
          unit,
          count: units,
          usd_per_million,
        }: RequestFacts['units'][number]) => html`<tr key=${unit}>
        <th scope="row">${w.units[unit] ?? unit}</th>
        <td class="number">${count(units)}</td>
        <td class="number">× ${usd_per_million}</td>
        <td class="number">= ${times(units, usd_per_million)}</td></tr>`,
      )}
      <tr><th scope="row" colspan="3">${w.full}</th><td class="number">${row.full_cost}</td></tr>
      <tr><th scope="row" colspan="3">${w.charged}</th><td class="number"><strong>${row.cost} USD</strong></td></tr>
    <//>
    ${Number(row.cost) < Number(row.full_cost) && html`<p><small>${w.lessCharged}</small></p>`}
    ${row.usage_source !== 'provider' && row.usage_source !== 'none' && html`<p><small>${w.estimated}</small></p>`}
  `
}

function Transfers({ row }: { row: RequestFacts }) {
  const w = requests()
  return html`
    <h3>${w.transfers}</h3>
    <${Table} label=${w.transfers} head=${[w.transfer, w.phase, w.time, { number: w.amount }]}>
      ${row.transfers.map(
        ({ id, phase, amount, at }: RequestFacts['transfers'][number]) => html`<tr key=${id}>
        <td><small><code>${id}</code></small></td><td>${w.phases[phase] ?? phase}</td>
        <td><${Time} at=${at} seconds /></td><td class="number">${amount} USD</td></tr>`,
      )}
    <//>
  `
}

/** Only where the account keeps it. */
function Kept({ row: { body } }: { row: RequestFacts }) {
  const w = requests()
  if (body === null) return null
  return html`
    <h3>${w.asked}</h3>
    <${Code} text=${JSON.stringify(body.request, null, 2)} label=${w.asked} />
    ${body.reply !== null && html`<h3>${w.answered}</h3><${Code} text=${body.reply} label=${w.answered} />`}
  `
}
