/** A new password by the link in a mail (`?token=`); it ends every session. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { useQuery } from '../parts/query.ts'
import { refreshSession } from '../session.ts'
import { login } from '../words/login.ts'
import { register } from '../words/register.ts'

export function ResetConfirm() {
  const w = login()
  const { query } = useQuery()
  const done = useSignal(false)
  const send = async (data: FormData) => {
    const password = String(data.get('password'))
    await ask(api.reset.confirm.post({ token: query.token ?? '', password }))
    done.value = true
    await refreshSession()
  }
  if (done.value) {
    return html`<h1>${w.resetTitle}</h1><p role="status">${w.resetDone}</p>
      <p><a class="button" href="/login">${w.toLogin}</a></p>`
  }
  return html`
    <h1>${w.resetTitle}</h1>
    <${Form} submit=${w.resetConfirm} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="password" type="password" label=${w.newPassword} hint=${register().passwordHint} required maxlength="300" autocomplete="new-password" />`}<//>
    <p><a href="/reset">${w.askAgain}</a></p>
  `
}
