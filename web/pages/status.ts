/** How the API does, measured from its own calls; where there were none, nothing is claimed. */
import { api, ask } from '../api.ts'
import { count, milliseconds, percent, time } from '../format.ts'
import { type Announced, Announcement, readAnnouncements } from '../parts/banner.ts'
import { Time } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { Table } from '../parts/table.ts'
import { status } from '../words/status.ts'
import { modelPath } from './models.ts'

const readStatus = () => ask(api.status.get())
type StatusView = Awaited<ReturnType<typeof readStatus>>
type Hour = StatusView['hours'][number]
type ModelStatus = StatusView['models'][number]

export function Status() {
  const w = status()
  const loaded = useLoad('status', readStatus)
  return html`
    <div class="row between"><h1>${w.title}</h1>
      <button type="button" onClick=${loaded.again}>${w.again}</button></div>
    <${Maintenance} />
    <${Load} of=${loaded}>${(view: StatusView) => html`
      <p class="card big"><span class=${view.api === 'ok' ? 'badge good' : 'badge bad'}>${view.api === 'ok' ? '✓' : '!'}</span> ${w.states[view.api]}</p>
      <p class="soft">${w.lead}</p>
      <h2>${w.hours}</h2>
      <${Hours} hours=${view.hours} />
      <${Incidents} hours=${view.hours} />
      <h2>${w.models}</h2>
      <${ModelTable} models=${view.models} />`}<//>
  `
}

/** Not worth an error of its own: the state below is what the page is for. */
function Maintenance() {
  const { value } = useLoad('announcements', readAnnouncements)
  return value?.data
    .filter(({ kind }: Announced) => kind === 'maintenance')
    .map((said) => html`<div key=${said.id} class="notice"><${Announcement} said=${said} /></div>`)
}

const barWidth = 12
const height = 80

/** Bars as high as there were calls, their failed share from below. */
function Hours({ hours }: { hours: readonly Hour[] }) {
  const w = status()
  const most = Math.max(1, ...hours.map(({ calls }) => calls))
  const scale = (calls: number) => Math.max(calls > 0 ? 2 : 0, (calls / most) * height)
  return html`
    <svg class="hours" width=${hours.length * barWidth} height=${height} aria-hidden="true">
      ${hours.map(
        ({ at, calls, failures }, index) => html`<g key=${at}>
        <title>${w.hourTold(time(at), count(calls), count(failures))}</title>
        ${[[calls, 'bar'] as const, [failures, 'bar bad'] as const].map(
          ([value, look]) =>
            html`<rect key=${look} class=${look} x=${index * barWidth} y=${height - scale(value)} width=${barWidth - 2} height=${scale(value)} />`,
        )}</g>`,
      )}
    </svg>
    <p><small><${Time} at=${hours[0]?.at ?? null} /> – <${Time} at=${hours.at(-1)?.at ?? null} /></small></p>
    <details><summary>${w.table}</summary>
      <${Table} label=${w.hours} head=${[w.hour, { number: w.calls }, { number: w.failures }]}>
        ${hours.toReversed().map(
          ({ at, calls, failures }) => html`<tr key=${at}>
          <th scope="row"><${Time} at=${at} /></th>
          <td class="number">${count(calls)}</td><td class="number">${count(failures)}</td></tr>`,
        )}<//>
    </details>
  `
}

/** In words what the bars show: the hours in which many calls failed. */
function Incidents({ hours }: { hours: readonly Hour[] }) {
  const w = status()
  const bad = hours.filter(({ state }) => state === 'degraded').toReversed()
  if (bad.length === 0) return hours.some(({ calls }) => calls > 0) && html`<p>${w.noIncidents}</p>`
  return html`<p>${w.incidents}</p><ul>${bad.map(
    ({ at, calls, failures }) =>
      html`<li key=${at}>${w.hourTold(time(at), count(calls), count(failures))}</li>`,
  )}</ul>`
}

/** Of what nobody called nothing is known: only how many such models there are. */
function ModelTable({ models }: Pick<StatusView, 'models'>) {
  const w = status()
  if (models.length === 0) {
    return html`<div class="state"><p>${w.empty}</p><a class="button" href="/docs">${w.toDocs}</a></div>`
  }
  const called = models.filter(({ calls_24h }) => calls_24h > 0)
  const rest = models.length - called.length
  const numbers = [w.calls, w.uptime, w.firstToken].map((number) => ({ number }))
  const row = ({ id, name, calls_24h, uptime_24h, first_token_p50_ms }: ModelStatus) => html`
    <tr key=${id}><th scope="row"><a href=${modelPath(id)}>${name}</a></th>
      <td class="number">${count(calls_24h)}</td>
      <td class="number">${uptime_24h === null ? '–' : percent(uptime_24h)}</td>
      <td class="number">${milliseconds(first_token_p50_ms)}</td></tr>`
  return html`
    ${
      called.length > 0 &&
      html`<${Table} label=${w.models} head=${[w.model, ...numbers]}>
        ${called.toSorted((a, b) => b.calls_24h - a.calls_24h).map(row)}<//>`
    }
    ${rest > 0 && html`<p><a href="/models">${w.rest(count(rest))}</a></p>`}
  `
}
