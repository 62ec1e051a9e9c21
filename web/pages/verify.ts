/** The link of the mail that confirms an address (`?token=`); a new one where it is good no more. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { Confirmed } from '../parts/confirmed.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { useQuery } from '../parts/query.ts'
import { textOf } from '../parts/written.ts'
import { session } from '../session.ts'
import { login } from '../words/login.ts'

export function Verify() {
  const w = login()
  const { query } = useQuery()
  const confirm = () => ask(api.verify.post({ token: query.token ?? '' }))
  return html`<${Confirmed} title=${w.verifyTitle} done=${w.verified} confirm=${confirm}><${Resend} /><//>`
}

function Resend() {
  const w = login()
  const sent = useSignal(false)
  const visitor = session.value?.visitor
  // The link was followed before: a reload, or a mail program that looks at links.
  if (visitor?.verified) return html`<p role="status">${w.verified}</p>`
  if (sent.value) return html`<p role="status">${w.resent}</p>`
  const send = async (data: FormData) => {
    await ask(api.verify.resend.post({ email: textOf(data, 'email') }))
    sent.value = true
  }
  return html`<p>${w.resendLead}</p>
    <${Form} submit=${w.resend} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="email" type="email" label=${w.email} value=${visitor?.email} required autocomplete="email" />`}<//>`
}
