/** What was mailed, to whom, and whether it went out: found by address and state. */
import { api, ask } from '../api.ts'
import { Time } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load } from '../parts/load.ts'
import { usePieces } from '../parts/more.ts'
import { useQuery } from '../parts/query.ts'
import { Search } from '../parts/search.ts'
import { Table } from '../parts/table.ts'
import { adminMails } from '../words/admin-mails.ts'

const states = ['queued', 'sent', 'failed'] as const
type State = (typeof states)[number]
const looks = { queued: 'badge', sent: 'badge good', failed: 'badge bad' }

const readMails = (q: string, state: State | undefined, after: string | null) =>
  ask(
    api.admin.mails.get({
      query: { ...(q && { q }), ...(state && { state }), ...(after && { after }) },
    }),
  )
type Row = Awaited<ReturnType<typeof readMails>>['data'][number]

export function AdminMails() {
  const w = adminMails()
  const { query, change } = useQuery()
  const { q = '' } = query
  const state = states.find((one) => one === query.state)
  const { first, rows, more } = usePieces(`mails ${q} ${state}`, (after) =>
    readMails(q, state, after),
  )
  const filter = (event: Event) => change({ state: (event.target as HTMLSelectElement).value })
  const row = (one: Row) => html`<tr key=${one.id}>
    <td><${Time} at=${one.created_at} seconds /></td><td>${one.recipient}</td>
    <td>${one.subject}<br /><small>${one.kind}</small></td>
    <td><span class=${looks[one.state]}>${w.states[one.state]}</span>${one.error && html`<br /><small>${one.error}</small>`}</td>
    <td class="number">${one.attempts}</td><td><${Time} at=${one.sent_at} seconds /></td></tr>`
  const head = [w.time, w.to, w.subject, w.state, { number: w.tries }, w.sent]
  return html`
    <h1>${w.title}</h1><p>${w.lead}</p>
    <${Search} name="q" label=${w.search} />
    <p><label>${w.state} <select value=${state ?? ''} onChange=${filter}><option value="">${w.all}</option>
      ${states.map((one) => html`<option key=${one} value=${one}>${w.states[one]}</option>`)}</select></label></p>
    <${Load} of=${first}>${() =>
      rows.length === 0
        ? html`<p class="state">${w.empty}</p>`
        : html`<${Table} label=${w.title} head=${head}>${rows.map(row)}<//>${more}`}<//>`
}
