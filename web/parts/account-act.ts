/** What an admin does to an account, each in a dialog that says first what it does. */
import { useMemo } from 'preact/hooks'
import { api, ask, Refusal } from '../api.ts'
import { usd } from '../format.ts'
import type { AccountView } from '../pages/admin-account.ts'
import { adminAccounts } from '../words/admin-accounts.ts'
import { shell } from '../words/shell.ts'
import { Dialog } from './dialog.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { ReasonDialog } from './reason.ts'
import { withRecent } from './recent.ts'
import { textOf } from './written.ts'

export type AccountAct = 'adjust' | 'tier' | 'suspend' | 'reinstate' | 'terminate'

interface ActProps {
  view: AccountView
  /** Null where nothing was done. */
  onClose(said: string | null): void
}

export function AccountActDialog({ act, ...props }: ActProps & { act: AccountAct }) {
  const dialogs = { adjust: Adjust, tier: Tier, terminate: Terminate }
  if (act === 'suspend' || act === 'reinstate') return html`<${Switch} act=${act} ...${props} />`
  return html`<${dialogs[act]} ...${props} />`
}

function Switch({ act, view, onClose }: ActProps & { act: 'suspend' | 'reinstate' }) {
  const w = adminAccounts()
  const route = api.admin.accounts({ account: view.id })
  const [title, lead] =
    act === 'suspend' ? [w.suspend, w.suspendLead] : [w.reinstate, w.reinstateLead]
  return html`<${ReasonDialog} title=${`${title}: ${view.name}`} lead=${lead} submit=${title} danger=${act === 'suspend'}
    act=${(reason: string) => ask(route[act].post({ reason }))}
    onClose=${(done: boolean) => onClose(done ? '' : null)} />`
}

function Tier({ view, onClose }: ActProps) {
  const w = adminAccounts()
  const route = api.admin.accounts({ account: view.id }).tier
  const options = view.tiers.map((tier: string) => [tier, tier] as const)
  return html`<${ReasonDialog} title=${w.changeTier} lead=${w.tierLead} submit=${w.changeTier}
    fields=${(form: FormState) => html`<${Field} form=${form} name="tier" type="select" label=${w.tier} value=${view.tier} options=${options} />`}
    act=${(reason: string, data: FormData) => ask(route.put({ tier: textOf(data, 'tier'), reason }))}
    onClose=${(done: boolean) => onClose(done ? '' : null)} />`
}

function Adjust({ view, onClose }: ActProps) {
  const w = adminAccounts()
  // The same for every try of this dialog: a reply that was lost must not book twice.
  const once = useMemo(() => crypto.randomUUID(), [])
  const send = (reason: string, data: FormData) => {
    const way = textOf(data, 'way') === 'debit' ? ('debit' as const) : ('credit' as const)
    const body = { way, amount: textOf(data, 'amount'), reason, once }
    return ask(api.admin.accounts({ account: view.id }).adjustments.post(body))
  }
  const ways = (['credit', 'debit'] as const).map((way) => [way, w.ways[way]] as const)
  return html`<${ReasonDialog} title=${w.adjust} lead=${`${w.balanceNow(usd(view.balance))} ${w.adjustLead}`} submit=${w.adjust}
    fields=${(form: FormState) => html`
      <${Field} form=${form} name="way" type="select" label=${w.way} options=${ways} value="credit" />
      <${Field} form=${form} name="amount" label=${w.amountUsd} inputmode="decimal" maxlength="40" autocomplete="off" required />`}
    act=${send} onClose=${(done: boolean) => onClose(done ? '' : null)} />`
}

const foresee = (account: string) => ask(api.admin.accounts({ account }).termination.get())
type Effects = Awaited<ReturnType<typeof foresee>>

function Terminate({ view, onClose }: ActProps) {
  const w = adminAccounts()
  const effects = useLoad(`termination ${view.id}`, () => foresee(view.id))
  const refundWords = (refund: string | null) =>
    refund === null ? w.noRefund : w.refund(usd(refund))
  const send = async (data: FormData) => {
    const name = textOf(data, 'typed')
    if (name !== view.name.trim()) throw new Refusal('typed_wrong', '', 0, 'typed')
    const body = { name, reason: textOf(data, 'reason') }
    const route = api.admin.accounts({ account: view.id }).terminate
    const { refund } = await withRecent(() => ask(route.post(body)))
    onClose(w.terminated(refundWords(refund)))
  }
  const kinds = ['keys', 'running_calls', 'members', 'users', 'sessions'] as const
  return html`<${Dialog} title=${w.terminateTitle(view.name)} onClose=${() => onClose(null)}>
    <${Load} of=${effects}>${(told: Effects) => html`
      <p>${w.terminateLead}</p>
      <ul>${kinds.map((kind) => html`<li key=${kind}>${w.effects[kind](told[kind])}</li>`)}</ul>
      <p><strong>${refundWords(told.refund)}</strong></p>
      <${Form} submit=${w.terminate} danger onSend=${send}>${(form: FormState) => html`
        <${Field} form=${form} name="reason" type="textarea" label=${w.reason} hint=${w.reasonHint} maxlength="1000" required />
        <${Field} form=${form} name="typed" label=${shell().typeToConfirm(view.name)} autocomplete="off" required />`}<//>`}<//><//>`
}
