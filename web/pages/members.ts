/** Who is in the account and as what; inviting, removing, leaving. */
import { useLocation } from 'preact-iso'
import { api, ask } from '../api.ts'
import { Act } from '../parts/act.ts'
import { Time } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Invitations } from '../parts/invitations.ts'
import { Load, useLoad } from '../parts/load.ts'
import { RecentDialog } from '../parts/recent.ts'
import { may, type Role, roleNames, rolesToGive } from '../parts/role.ts'
import { RoleChoice } from '../parts/role-choice.ts'
import { Table } from '../parts/table.ts'
import type { PageProps } from '../routes.ts'
import { refreshSession, session } from '../session.ts'
import { members } from '../words/members.ts'

const readMembers = (account: string) => ask(api.accounts({ account }).members.get())
type MemberList = Awaited<ReturnType<typeof readMembers>>
type MemberRow = MemberList['data'][number]

export function Members({ account = '' }: PageProps) {
  const w = members()
  const { route } = useLocation()
  const list = useLoad(`members ${account}`, () => readMembers(account))
  const me = session.value?.visitor?.id
  const of = (user: string) => api.accounts({ account }).members({ user })
  const change = async (user: string, role: Role) => {
    await ask(of(user).patch({ role }))
    if (user === me) await refreshSession()
    list.again()
  }
  const remove = async (user: string) => {
    await ask(of(user).delete())
    if (user !== me) return list.again()
    await refreshSession()
    route('/settings')
  }
  const changeable = (role: string) => may(account, role === 'owner' ? 'own' : 'manage')
  return html`
    <h1>${w.title}</h1>
    <${Load} of=${list}>${({ data }: MemberList) => html`
      <${Table} label=${w.title} head=${[w.name, w.email, w.role, w.since, w.acts]}>
        ${data.map(
          ({ id, name, email, role, created_at }: MemberRow) => html`<tr key=${id}>
          <th scope="row">${name} ${id === me && html`<span class="badge">${w.you}</span>`}</th>
          <td>${email}</td>
          <td>${
            changeable(role)
              ? html`<${RoleChoice} key=${role} label=${w.roleOf(name)} role=${role} roles=${rolesToGive(account)} choose=${(next: Role) => change(id, next)} />`
              : roleNames()[role as Role]
          }</td>
          <td><${Time} at=${created_at} /></td>
          <td>${
            id === me
              ? html`<${Act} confirm=${w.leaveSure} act=${() => remove(id)}>${w.leave}<//>`
              : changeable(role) &&
                html`<${Act} name=${`${w.remove}: ${name}`} confirm=${w.removeSure(name)} act=${() => remove(id)}>${w.remove}<//>`
          }</td></tr>`,
        )}
      <//>`}<//>
    ${may(account, 'manage') && html`<${Invitations} account=${account} />`}
    <${RecentDialog} />
  `
}
