/** What the operator decides of a refund, or of what a closed account is owed beside its orders. */
import { api, ask } from '../api.ts'
import { usd } from '../format.ts'
import { adminRefunds } from '../words/admin-refunds.ts'
import { refund } from '../words/refund.ts'
import { Dialog } from './dialog.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { withRecent } from './recent.ts'
import { textOf } from './written.ts'

export interface Decision {
  act: 'approve' | 'refuse' | 'paid'
  /** Of the refund; of the request where `closure`. */
  id: string
  account: string
  amount: string
  closure?: boolean
}

export function DecideDialog({
  act,
  id,
  account,
  amount,
  closure = false,
  onClose,
}: Decision & { onClose(): void }) {
  const w = adminRefunds()
  const send = async (data: FormData) => {
    await withRecent<unknown>(() => decide({ act, id, closure }, data))
    onClose()
  }
  const lead = { approve: w.approveLead, refuse: w.refuseLead, paid: w.paidLead }[act]
  return html`<${Dialog} title=${w.onOf(w[act], account)} onClose=${onClose}>
    <p>${usd(amount)}. ${lead}</p>
    <${Form} submit=${w[act]} danger=${act === 'refuse'} onSend=${send}>${(form: FormState) => html`
      ${act === 'approve' && html`<${Field} form=${form} name="part" label=${w.amount} hint=${refund().most(usd(amount))} value=${amount} inputmode="decimal" autocomplete="off" maxlength="30" required />`}
      ${
        act === 'paid'
          ? html`<${Field} form=${form} name="reference" label=${w.bank} autocomplete="off" maxlength="100" required />`
          : html`<${Field} form=${form} name="reason" type="textarea" label=${act === 'approve' ? w.note : w.reason} maxlength="1000" required=${act === 'refuse'} />`
      }`}<//><//>`
}

function decide(
  { act, id, closure }: Pick<Decision, 'act' | 'id' | 'closure'>,
  data: FormData,
): Promise<unknown> {
  const [reason, reference] = [textOf(data, 'reason'), textOf(data, 'reference')]
  const request = api.admin['refund-requests']({ id })
  const route = api.admin.refunds({ id })
  if (act === 'paid') {
    return closure ? ask(request.paid.post({ reference })) : ask(route.paid.post({ reference }))
  }
  if (act === 'refuse') {
    return closure ? ask(request.refuse.post({ reason })) : ask(route.refuse.post({ reason }))
  }
  return ask(route.approve.post({ part: textOf(data, 'part'), reason }))
}
