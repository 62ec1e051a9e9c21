/** What admins and commands did: filtered by the page's address, and as a file. */
import { api, ask } from '../api.ts'
import { Time } from '../parts/figures.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { Load } from '../parts/load.ts'
import { usePieces } from '../parts/more.ts'
import { useQuery, withQuery } from '../parts/query.ts'
import { Table } from '../parts/table.ts'
import { textOf } from '../parts/written.ts'
import { adminAudit } from '../words/admin-audit.ts'

const names = ['actor', 'account', 'act', 'from', 'to'] as const
type Filter = { [K in (typeof names)[number]]?: string }

const readAudit = (filter: Filter, after: string | null) =>
  ask(api.admin.audit.get({ query: { ...filter, ...(after && { after }) } }))
type AuditRow = Awaited<ReturnType<typeof readAudit>>['data'][number]

export function AdminAudit() {
  const w = adminAudit()
  const { query, change } = useQuery()
  const given = names.flatMap((name) => (query[name] ? [[name, query[name]] as const] : []))
  const filter: Filter = Object.fromEntries(given)
  const key = JSON.stringify(filter)
  const { first, rows, more } = usePieces(`audit ${key}`, (after) => readAudit(filter, after))
  const send = async (data: FormData) =>
    change(Object.fromEntries(names.map((name) => [name, textOf(data, name)])))
  const texts = [
    { name: 'actor', label: w.actor },
    { name: 'account', label: w.account },
    { name: 'act', label: w.act, hint: w.actHint },
  ]
  return html`
    <h1>${w.title}</h1><p>${w.lead}</p>
    <details open=${given.length > 0}><summary>${w.filter}</summary>
      <${Form} key=${key} submit=${w.filter} onSend=${send}>${(form: FormState) => html`
        ${texts.map((one) => html`<${Field} key=${one.name} form=${form} ...${one} value=${query[one.name]} maxlength="200" autocomplete="off" spellcheck=${false} />`)}
        <${Field} form=${form} name="from" type="date" label=${w.from} value=${query.from} autocomplete="off" />
        <${Field} form=${form} name="to" type="date" label=${w.to} value=${query.to} autocomplete="off" />`}<//></details>
    <p><a href=${withQuery('/api/admin/audit.csv', filter)} download>${w.csv}</a></p>
    <${Load} of=${first}>${() =>
      rows.length === 0
        ? html`<p class="state">${w.empty}</p>`
        : html`<${Table} label=${w.title} head=${[w.time, w.who, w.what, w.why, w.outcome]}>${rows.map(showRow)}<//>${more}`}<//>`
}

function showRow(row: AuditRow) {
  const w = adminAudit()
  const { id, at, actor, actor_email, role, act, subject, reason, outcome } = row
  const good = outcome === 'done'
  const details = [
    [w.asked, row.asked],
    [w.before, row.before],
    [w.after, row.after],
  ].filter(([, text]) => text !== null && text !== '{}')
  return html`<tr key=${id}><td><${Time} at=${at} /></td>
    <td>${actor_email ?? actor}<br /><small>${role}</small></td>
    <td><code>${act}</code>${subject && html`<br /><small>${subject}</small>`}
      ${details.length > 0 && html`<details><summary>${w.details}</summary><dl>${details.map(([name, text]) => html`<dt key=${name}>${name}</dt><dd><code>${text}</code></dd>`)}</dl></details>`}</td>
    <td>${reason ?? '–'}</td>
    <td><span class=${good ? 'badge good' : 'badge bad'}>${good ? w.done : (outcome ?? w.unknown)}</span></td></tr>`
}
