/** What cannot be undone is confirmed by typing its name. */
import { Refusal } from '../api.ts'
import { shell } from '../words/shell.ts'
import { Dialog } from './dialog.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { textOf } from './written.ts'

interface TypedDialogProps {
  title: string
  lead: string
  /** What is to be typed. */
  name: string
  submit: string
  act(): Promise<unknown>
  onClose(): void
}

export function TypedDialog({ title, lead, name, submit, act, onClose }: TypedDialogProps) {
  const send = async (data: FormData) => {
    if (textOf(data, 'typed') !== name.trim()) throw new Refusal('typed_wrong', '', 0, 'typed')
    await act()
    onClose()
  }
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <p>${lead}</p>
    <${Form} submit=${submit} danger onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="typed" label=${shell().typeToConfirm(name)} required autofocus autocomplete="off" />`}<//>
  <//>`
}
