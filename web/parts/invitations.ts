/** The open invitations of an account, and a new one. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { members } from '../words/members.ts'
import { Act } from './act.ts'
import { Time } from './figures.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { type Role, roleNames, rolesToGive } from './role.ts'
import { Table } from './table.ts'
import { textOf } from './written.ts'

const readInvitations = (account: string) => ask(api.accounts({ account }).invitations.get())
type InvitationList = Awaited<ReturnType<typeof readInvitations>>
type Invitation = InvitationList['data'][number]

export function Invitations({ account }: { account: string }) {
  const w = members()
  const list = useLoad(`invitations ${account}`, () => readInvitations(account))
  const told = useSignal('')
  const route = api.accounts({ account }).invitations
  const invite = async (email: string, role: Role) => {
    await ask(route.post({ email, role }))
    told.value = w.sent
    list.again()
  }
  const revoke = async (invitation: string) => {
    await ask(route({ invitation }).delete())
    list.again()
  }
  const options = rolesToGive(account).map((role) => [
    role,
    `${roleNames()[role]} – ${w.roleHints[role]}`,
  ])
  return html`
    <h2>${w.inviteTitle}</h2>
    <${Form} submit=${w.send} onSend=${(data: FormData) => invite(textOf(data, 'email'), textOf(data, 'role') as Role)}>${(
      form: FormState,
    ) => html`
      <${Field} form=${form} name="email" type="email" label=${w.address} hint=${w.addressHint} autocomplete="off" required />
      <${Field} form=${form} name="role" type="select" label=${w.role} value="developer" options=${options} />`}<//>
    <p role="status">${told.value}</p>
    <h2>${w.open}</h2>
    <${Load} of=${list}>${({ data }: InvitationList) =>
      data.length === 0
        ? html`<p>${w.noInvitations}</p>`
        : html`<${Table} label=${w.open} head=${[w.email, w.role, w.expires, w.acts]}>
            ${data.map(
              ({ id, email, role, expires_at }: Invitation) => html`<tr key=${id}>
              <th scope="row">${email}</th><td>${roleNames()[role as Role]}</td><td><${Time} at=${expires_at} /></td>
              <td><div class="row">
                <${Act} name=${`${w.resend}: ${email}`} act=${() => invite(email, role as Role)}>${w.resend}<//>
                <${Act} name=${`${w.revoke}: ${email}`} act=${() => revoke(id)}>${w.revoke}<//></div></td></tr>`,
            )}
          <//>`}<//>
  `
}
