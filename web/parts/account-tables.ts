/** What an account has: credit, members, keys, last calls. */
import type { ComponentChildren } from 'preact'
import type { AccountView } from '../pages/admin-account.ts'
import { adminAccounts } from '../words/admin-accounts.ts'
import { keys as keyWords } from '../words/keys.ts'
import { outcomeName } from '../words/requests.ts'
import { Time, Usd } from './figures.ts'
import { html } from './html.ts'
import { withQuery } from './query.ts'
import { roleNames } from './role.ts'
import { type Head, Table } from './table.ts'

interface SectionProps {
  title: string
  empty: string
  head: readonly Head[]
  rows: readonly ComponentChildren[]
}

function Section({ title, empty, head, rows }: SectionProps) {
  return html`<h2>${title}</h2>${
    rows.length === 0
      ? html`<p class="state">${empty}</p>`
      : html`<${Table} label=${title} head=${head}>${rows}<//>`
  }`
}

export function AccountTables({ view }: { view: AccountView }) {
  const w = adminAccounts()
  const lot = (one: AccountView['lots'][number]) => html`<tr key=${one.id}>
    <th scope="row">${w.lotKinds[one.kind]}</th><td class="number"><${Usd} amount=${one.amount} /></td>
    <td class="number"><${Usd} amount=${one.left} /></td>
    <td>${one.expires_at === null ? w.never : html`<${Time} at=${one.expires_at} />`}</td></tr>`
  const member = (one: AccountView['members'][number]) => html`<tr key=${one.id}>
    <th scope="row"><a href=${withQuery('/admin/users', { user: one.id })}>${one.name || one.email}</a></th>
    <td>${one.email}</td><td>${roleNames()[one.role]}</td></tr>`
  const key = (one: AccountView['keys'][number]) => html`<tr key=${one.id}>
    <th scope="row">${one.name}<br /><small><code>${one.label}</code></small></th><td>${keyWords().states[one.state]}</td>
    <td class="number"><${Usd} amount=${one.spent} />${one.limit && html` / <${Usd} amount=${one.limit} />`}</td>
    <td><${Time} at=${one.last_used_at} /></td></tr>`
  const call = (one: AccountView['calls'][number]) => html`<tr key=${one.id}>
    <th scope="row"><code>${one.id}</code></th><td><${Time} at=${one.created_at} /></td><td>${one.model}</td>
    <td>${one.status} ${outcomeName(one.outcome)}</td><td class="number"><${Usd} amount=${one.cost} /></td></tr>`
  return html`
    <${Section} title=${w.lots} empty=${w.noLots} rows=${view.lots.map(lot)}
      head=${[w.lots, { number: w.amount }, { number: w.left }, w.expires]} />
    <${Section} title=${w.members} empty=${w.noMembers} rows=${view.members.map(member)}
      head=${[w.name, w.email, w.role]} />
    <${Section} title=${w.keys} empty=${w.noKeys} rows=${view.keys.map(key)}
      head=${[w.key, w.state, { number: w.spent }, w.lastUsed]} />
    <${Section} title=${w.calls} empty=${w.noCalls} rows=${view.calls.map(call)}
      head=${[w.request, w.time, w.model, w.status, { number: w.cost }]} />`
}
