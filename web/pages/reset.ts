/** Asking for a link to a new password. The answer is the same whether the address is known or not. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { useCaptcha } from '../parts/captcha.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { textOf } from '../parts/written.ts'
import { login } from '../words/login.ts'

export function Reset() {
  const w = login()
  const solved = useCaptcha()
  const sentTo = useSignal<string | null>(null)
  const send = async (data: FormData) => {
    const email = textOf(data, 'email')
    await ask(api.reset.post({ email, captcha: await solved() }))
    sentTo.value = email
  }
  return html`
    <h1>${w.resetTitle}</h1>
    ${
      sentTo.value === null
        ? html`<p>${w.resetLead}</p>
          <${Form} submit=${w.resetSubmit} onSend=${send}>${(form: FormState) => html`
            <${Field} form=${form} name="email" type="email" label=${w.email} required autocomplete="username" />`}<//>`
        : html`<p role="status">${w.resetSent(sentTo.value)}</p>`
    }
    <p><a href="/login">${w.toLogin}</a></p>
  `
}
