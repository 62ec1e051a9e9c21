/** Where a person is signed in, and signing out there. */
import { api, ask } from '../api.ts'
import { settings } from '../words/settings.ts'
import { Act } from './act.ts'
import { Time } from './figures.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { Table } from './table.ts'

const readSessions = () => ask(api.me.sessions.get())
type SessionList = Awaited<ReturnType<typeof readSessions>>
type SessionRow = SessionList['data'][number]

export function Sessions() {
  const w = settings()
  const list = useLoad('sessions', readSessions)
  const end = async (id: string | null) => {
    await ask(id === null ? api.me.sessions.delete() : api.me.sessions({ id }).delete())
    list.again()
  }
  return html`
    <h2>${w.sessions}</h2>
    <${Load} of=${list}>${({ data }: SessionList) => html`
      <${Table} label=${w.sessions} head=${[w.browser, w.from, w.began, w.seen, w.end]}>
        ${data.map(
          ({ id, current, agent, address, created_at, seen_at }: SessionRow) => html`<tr key=${id}>
          <th scope="row">${browserOf(agent ?? '')}</th><td>${address ?? '–'}</td>
          <td><${Time} at=${created_at} /></td><td><${Time} at=${seen_at} /></td>
          <td>${
            current
              ? html`<span class="badge good">${w.thisOne}</span>`
              : html`<${Act} name=${`${w.end}: ${browserOf(agent ?? '')}`} act=${() => end(id)}>${w.end}<//>`
          }</td></tr>`,
        )}
      <//>
      ${data.length > 1 && html`<p><${Act} look="" act=${() => end(null)}>${w.endOthers}<//></p>`}`}<//>
  `
}

/** `Firefox, Linux`: enough to know it again; the whole text helps no one. */
function browserOf(agent: string): string {
  const browser = /Edg|OPR|Firefox|Chrome|Safari/.exec(agent)?.[0] ?? (agent.slice(0, 40) || '–')
  const system = /iPhone|iPad|Android|Windows|Mac OS X|Linux/.exec(agent)?.[0]
  return system ? `${browser}, ${system}` : browser
}
