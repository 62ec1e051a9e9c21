/** One user as the operator sees her, and what may be done: each act says first what it does. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { adminUsers } from '../words/admin-users.ts'
import { AccountState } from './account-state.ts'
import { Act } from './act.ts'
import { mayAdmin } from './admin.ts'
import { Dialog } from './dialog.ts'
import { Time } from './figures.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { ReasonDialog } from './reason.ts'
import { withRecent } from './recent.ts'
import { textOf } from './written.ts'

const readUser = (user: string) => ask(api.admin.users({ user }).get())
type UserView = Awaited<ReturnType<typeof readUser>>
type UserAct = 'suspend' | 'reinstate' | 'reset-factor'

export function UserDialog({ user, onClose }: { user: string; onClose(): void }) {
  const w = adminUsers()
  const one = useLoad(`user ${user}`, () => readUser(user))
  const act = useSignal<UserAct | null>(null)
  if (act.value !== null) {
    const close = (done: boolean) => {
      act.value = null
      if (done) onClose()
    }
    return html`<${ActDialog} act=${act.value} user=${user} onClose=${close} />`
  }
  const choose = (chosen: UserAct) => {
    act.value = chosen
  }
  return html`<${Dialog} title=${one.value?.name || one.value?.email || w.user} onClose=${onClose}>
    <${Load} of=${one}>${(view: UserView) => html`
      <${Facts} view=${view} /><${Acts} view=${view} onChoose=${choose} />
      ${mayAdmin('own') && html`<${Role} view=${view} onDone=${onClose} />`}`}<//><//>`
}

function Facts({ view }: { view: UserView }) {
  const w = adminUsers()
  const ways = [
    ...(view.has_password ? [w.password] : []),
    ...view.identities.map(({ provider }: { provider: string }) => provider),
  ]
  const factors = view.factors.map((kind: keyof typeof w.factorKinds) => w.factorKinds[kind])
  const facts: [string, unknown][] = [
    [w.user, html`<code>${view.id}</code> <${AccountState} state=${view.state} />`],
    [w.email, `${view.email ?? '–'}${view.verified ? '' : ` (${w.unverified})`}`],
    [w.ways, ways.join(', ') || '–'],
    [w.factors, factors.join(', ') || w.none],
    [w.sessions, view.sessions],
    [w.lastLogin, html`<${Time} at=${view.logged_in_at} />`],
    [
      w.accounts,
      view.accounts.map(
        ({ id, name }: { id: string; name: string }) =>
          html`<div key=${id}><a href=${`/admin/accounts/${id}`}>${name}</a></div>`,
      ),
    ],
  ]
  return html`<dl>${facts.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl>`
}

/** Only an owner touches an admin. */
function Acts({ view, onChoose }: { view: UserView; onChoose(act: UserAct): void }) {
  const w = adminUsers()
  const sent = useSignal('')
  const may = mayAdmin('people') && (view.admin_role === null || mayAdmin('own'))
  if (!may || view.state === 'closed') return null
  const mail = async () => {
    await ask(api.admin.users({ user: view.id })['reset-mail'].post())
    sent.value = adminUsers().sent
  }
  const state = view.state === 'active' ? 'suspend' : 'reinstate'
  return html`<p class="row">
    <button type="button" class=${state === 'suspend' ? 'danger' : ''} onClick=${() => onChoose(state)}>${w[state]}</button>
    ${view.factors.length > 0 && html`<button type="button" onClick=${() => onChoose('reset-factor')}>${w.resetFactor}</button>`}
    <${Act} look="" act=${mail}>${w.sendReset}<//></p>
    <p role="status">${sent.value}</p>`
}

interface ActDialogProps {
  act: UserAct
  user: string
  onClose(done: boolean): void
}

function ActDialog({ act, user, onClose }: ActDialogProps) {
  const w = adminUsers()
  const [title, lead] = {
    suspend: [w.suspend, w.suspendLead],
    reinstate: [w.reinstate, w.reinstateLead],
    'reset-factor': [w.resetFactor, w.resetFactorLead],
  }[act] as [string, string]
  const send = (reason: string) => ask(api.admin.users({ user })[act].post({ reason }))
  return html`<${ReasonDialog} title=${title} lead=${lead} submit=${title} danger=${act !== 'reinstate'}
    act=${send} onClose=${onClose} />`
}

const roles = ['auditor', 'support', 'finance', 'operator', 'owner'] as const

function Role({ view, onDone }: { view: UserView; onDone(): void }) {
  const w = adminUsers()
  const send = async (data: FormData) => {
    const role = roles.find((one) => one === textOf(data, 'role')) ?? null
    await withRecent(() => ask(api.admin.admins({ user: view.id }).put({ role })))
    onDone()
  }
  const options = [['', w.none], ...roles.map((one) => [one, w.roles[one]] as const)]
  return html`<h3>${w.give}</h3><p><small>${w.giveLead}</small></p>
    <${Form} submit=${w.give} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="role" type="select" label=${w.role} value=${view.admin_role ?? ''} options=${options} />`}<//>`
}
