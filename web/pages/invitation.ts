/** An invitation by its link (`?token=`): who invites, to what and as what; accepted by whose address it names. */
import { useLocation } from 'preact-iso'
import { api, ask } from '../api.ts'
import { Act } from '../parts/act.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { useQuery } from '../parts/query.ts'
import { type Role, roleNames } from '../parts/role.ts'
import { loginPath, refreshSession, session, startPath } from '../session.ts'
import { login } from '../words/login.ts'
import { shell } from '../words/shell.ts'

const readInvitation = (token: string) => ask(api.invitations.get({ query: { token } }))
type InvitationView = Awaited<ReturnType<typeof readInvitation>>

export function Invitation() {
  const w = login()
  const { query } = useQuery()
  const token = query.token ?? ''
  const invitation = useLoad(token, () => readInvitation(token))
  return html`
    <h1>${w.invitationTitle}</h1>
    <${Load} of=${invitation}>${({ inviter, account_name, role, email }: InvitationView) => html`
      <p>${w.invited(inviter, account_name)}</p>
      <p>${w.invitedAs(roleNames()[role as Role] ?? role, email)}</p>
      <${Answer} token=${token} email=${email} />`}<//>
  `
}

function Answer({ token, email }: { token: string; email: string }) {
  const w = login()
  const { route } = useLocation()
  const visitor = session.value?.visitor
  if (!visitor) {
    const registerPath = loginPath().replace('/login', '/register')
    return html`<p>${w.loginFirst(email)}</p>
      <p class="row"><a class="button" href=${loginPath()}>${shell().login}</a><a href=${registerPath}>${shell().register}</a></p>`
  }
  if (visitor.email !== email) return html`<p class="notice">${w.otherUser(visitor.email)}</p>`
  const accept = async () => {
    await ask(api.invitations.accept.post({ token }))
    route(startPath(await refreshSession()), true)
  }
  return html`<p><${Act} look="primary" act=${accept}>${w.acceptInvitation}<//></p>`
}
