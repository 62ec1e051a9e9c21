/** An act of an admin with its reason, after saying what it does. */
import type { ComponentChildren } from 'preact'
import { adminAccounts } from '../words/admin-accounts.ts'
import { Dialog } from './dialog.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { withRecent } from './recent.ts'
import { textOf } from './written.ts'

interface ReasonDialogProps {
  title: string
  lead: string
  submit: string
  danger?: boolean
  /** What it takes beside the reason. */
  fields?(form: FormState): ComponentChildren
  act(reason: string, data: FormData): Promise<unknown>
  onClose(done: boolean): void
}

export function ReasonDialog({
  title,
  lead,
  submit,
  danger,
  fields,
  act,
  onClose,
}: ReasonDialogProps) {
  const w = adminAccounts()
  const send = async (data: FormData) => {
    await withRecent(() => act(textOf(data, 'reason'), data))
    onClose(true)
  }
  return html`<${Dialog} title=${title} onClose=${() => onClose(false)}>
    <p>${lead}</p>
    <${Form} submit=${submit} danger=${danger} onSend=${send}>${(form: FormState) => html`
      ${fields?.(form)}
      <${Field} form=${form} name="reason" type="textarea" label=${w.reason} hint=${w.reasonHint} maxlength="1000" required />`}<//><//>`
}
