/** Users as the operator finds them, and who of them runs the platform. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { AccountState } from '../parts/account-state.ts'
import { mayAdmin } from '../parts/admin.ts'
import { Time } from '../parts/figures.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { usePieces } from '../parts/more.ts'
import { useQuery } from '../parts/query.ts'
import { RecentDialog, withRecent } from '../parts/recent.ts'
import { Search } from '../parts/search.ts'
import { Table } from '../parts/table.ts'
import { UserDialog } from '../parts/user.ts'
import { adminUsers } from '../words/admin-users.ts'

const readUsers = (q: string, after: string | null) =>
  ask(api.admin.users.get({ query: { ...(q && { q }), ...(after && { after }) } }))
type UserRow = Awaited<ReturnType<typeof readUsers>>['data'][number]

export function AdminUsers() {
  const w = adminUsers()
  const { query, change } = useQuery()
  const { q = '', user } = query
  const { first, rows, more } = usePieces(`users ${q}`, (after) => readUsers(q, after))
  const round = useSignal(0)
  const close = () => {
    change({ user: null })
    first.again()
    round.value++
  }
  const head = [w.user, w.email, w.state, w.role, w.lastLogin, w.created]
  const row = (one: UserRow) => html`<tr key=${one.id}>
    <td><button type="button" class="plain" onClick=${() => change({ user: one.id })}>${one.name || one.email || one.id}</button></td>
    <td>${one.email ?? '–'}${one.email && !one.verified && html`<br /><small>${w.unverified}</small>`}</td>
    <td><${AccountState} state=${one.state} /></td>
    <td>${one.admin_role === null ? '–' : w.roles[one.admin_role]}</td>
    <td><${Time} at=${one.logged_in_at} /></td><td><${Time} at=${one.created_at} /></td></tr>`
  return html`
    <h1>${w.title}</h1>
    <${Search} name="q" label=${w.search} hint=${w.searchHint} />
    <${Load} of=${first}>${() =>
      rows.length === 0
        ? html`<p class="state">${w.empty}</p>`
        : html`<${Table} label=${w.title} head=${head}>${rows.map(row)}<//>${more}`}<//>
    <${Admins} key=${round.value} onOpen=${(id: string) => change({ user: id })} />
    ${user && html`<${UserDialog} user=${user} onClose=${close} />`}
    <${RecentDialog} />`
}

const readAdmins = () => ask(api.admin.admins.get())
type AdminsView = Awaited<ReturnType<typeof readAdmins>>

function Admins({ onOpen }: { onOpen(id: string): void }) {
  const w = adminUsers()
  const admins = useLoad('admins', readAdmins)
  const row = (one: AdminsView['data'][number]) => html`<tr key=${one.id}>
    <td><button type="button" class="plain" onClick=${() => onOpen(one.id)}>${one.name || one.email}</button></td>
    <td>${w.roles[one.admin_role ?? 'auditor']}</td>
    <td>${one.factors.map((kind: keyof typeof w.factorKinds) => w.factorKinds[kind]).join(', ') || w.none}</td>
    <td><${Time} at=${one.logged_in_at} /></td></tr>`
  return html`<h2>${w.admins}</h2>
    <${Load} of=${admins}>${({ data, require_factor }: AdminsView) => html`
      <${Table} label=${w.admins} head=${[w.user, w.role, w.factors, w.lastLogin]}>${data.map(row)}<//>
      ${mayAdmin('own') && html`<${RequireFactor} on=${require_factor} />`}`}<//>`
}

function RequireFactor({ on }: { on: boolean }) {
  const w = adminUsers()
  const said = useSignal('')
  const send = async (data: FormData) => {
    said.value = ''
    const body = { require_factor: data.get('require_factor') === 'on' }
    await withRecent(() => ask(api.admin.admins.put(body)))
    said.value = adminUsers().saved
  }
  return html`<h3>${w.factors}</h3>
    <${Form} submit=${w.save} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="require_factor" type="checkbox" label=${w.require} hint=${w.requireHint} value=${on ? 'on' : ''} />`}<//>
    <p role="status">${said.value}</p>`
}
