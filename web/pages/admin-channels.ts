/** The ways to providers: how each does, and changing, resting and trying them. */
import { api, ask } from '../api.ts'
import { count, milliseconds, percent } from '../format.ts'
import { mayAdmin } from '../parts/admin.ts'
import { ChannelDialog, CredentialDialog, StateDialog, TestDialog } from '../parts/channel-form.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { useSome } from '../parts/more.ts'
import { Said } from '../parts/provider-costs.ts'
import { useQuery } from '../parts/query.ts'
import { Table } from '../parts/table.ts'
import { adminChannels } from '../words/admin-channels.ts'

const readChannels = () => ask(api.admin.channels.get())
type List = Awaited<ReturnType<typeof readChannels>>
export type ChannelView = List['data'][number]
export type ProviderView = List['providers'][number]

export function AdminChannels() {
  const w = adminChannels()
  const list = useLoad('admin channels', readChannels)
  const { change } = useQuery()
  const add = html`<button type="button" class="primary" onClick=${() => change({ new: '1' })}>${w.add}</button>`
  return html`<div class="row between"><h1>${w.title}</h1>${mayAdmin('run') && add}</div>
    <p>${w.lead}</p>
    <${Load} of=${list}>${(shown: List) => html`
      ${
        shown.data.length === 0
          ? html`<div class="state"><p>${w.empty}</p></div>`
          : html`<${Channels} rows=${shown.data} /><p><small>${w.thisNode}</small></p>`
      }
      ${mayAdmin('run') && html`<${Opened} list=${shown} again=${list.again} />`}`}<//>`
}

const acts = ['test', 'change', 'credential', 'turn'] as const

function Channels({ rows }: { rows: readonly ChannelView[] }) {
  const w = adminChannels()
  const { change } = useQuery()
  const { some, more } = useSome(rows)
  const may = mayAdmin('run')
  const numbers = [w.calls, w.errors, w.duration, w.said].map((number) => ({ number }))
  const head = [w.channel, w.state, w.breaker, ...numbers, w.models]
  const button = (act: (typeof acts)[number], { id, state }: ChannelView) => {
    const label = act === 'turn' ? w[state === 'active' ? 'disable' : 'enable'] : w[act]
    return html`<button key=${act} type="button" class="small" aria-label=${w.of(label, id)} onClick=${() => change({ [act]: id })}>${label}</button>`
  }
  return html`<${Table} label=${w.title} head=${may ? [...head, w.acts] : head}>${some.map(
    (row) => html`<tr key=${row.id}>
      <td>${row.id}<br /><small>${row.provider}<br />${row.base_url}</small></td>
      <td><span class=${row.state === 'active' ? 'badge good' : 'badge'}>${w.states[row.state]}</span>
        ${row.state_reason && html`<br /><small>${row.state_reason}</small>`}
        ${!row.usable && html`<br /><span class="badge bad">${w.unusable}</span>`}</td>
      <td><${Breaker} row=${row} /></td>
      <td class="number">${count(row.last_24h?.calls ?? 0)}</td>
      <td class="number">${row.last_24h?.error_share == null ? '–' : percent(row.last_24h.error_share)}</td>
      <td class="number">${milliseconds(row.last_24h?.duration_ms ?? null)}</td>
      <td class="number">${row.cost_30d ? html`<${Said} cost=${row.cost_30d} />` : '–'}</td>
      <td>${row.models.slice(0, 5).map(({ id, model, priority, weight }) => html`<div key=${id + model}>${id} <small>${priority}/${weight}</small></div>`)}
        ${row.models.length > 5 && html`<small>+${row.models.length - 5}</small>`}</td>
      ${may && html`<td><div class="pairs">${acts.map((act) => button(act, row))}</div></td>`}</tr>`,
  )}<//>${more}`
}

function Breaker({ row: { breaker, trouble } }: { row: ChannelView }) {
  const w = adminChannels()
  return html`<span class=${breaker === 'closed' ? 'badge good' : 'badge bad'}>${w.breakers[breaker]}</span>
    ${
      trouble &&
      html`<br /><small>${w.failures(trouble.failures, w.kinds[trouble.kind] ?? trouble.kind)}
      ${trouble.rests_s > 0 && ` ${w.rests(trouble.rests_s)}`}</small>`
    }`
}

/** The dialog that the address names. */
function Opened({ list: { data, providers }, again }: { list: List; again(): void }) {
  const { query, change } = useQuery()
  const close = () => {
    change({ new: null, test: null, change: null, credential: null, turn: null })
    again()
  }
  const find = (id: string | undefined) => data.find((row) => row.id === id)
  const [tested, changed] = [find(query.test), find(query.change)]
  const [sealed, turned] = [find(query.credential), find(query.turn)]
  if (query.new || changed) {
    return html`<${ChannelDialog} channel=${changed ?? null} providers=${providers} onClose=${close} />`
  }
  if (tested) return html`<${TestDialog} channel=${tested} onClose=${close} />`
  if (sealed) return html`<${CredentialDialog} channel=${sealed} onClose=${close} />`
  return turned ? html`<${StateDialog} channel=${turned} onClose=${close} />` : null
}
