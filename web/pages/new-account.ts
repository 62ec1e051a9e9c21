/** A further account, of an organisation: its members share balance and keys. */
import { useLocation } from 'preact-iso'
import { api, ask } from '../api.ts'
import { countryOptions } from '../parts/country.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { textOf, textOrNull } from '../parts/written.ts'
import { refreshSession } from '../session.ts'
import { account } from '../words/account.ts'

export function NewAccount() {
  const w = account()
  const { route } = useLocation()
  const send = async (data: FormData) => {
    const country = textOrNull(data, 'country')
    const body = {
      kind: 'entity' as const,
      name: textOf(data, 'name'),
      authority: data.has('authority'),
      ...(country && { country }),
    }
    const { id } = await ask(api.accounts.post(body))
    await refreshSession()
    route(`/accounts/${id}/start`)
  }
  return html`
    <h1>${w.newTitle}</h1>
    <p>${w.newLead}</p>
    <${Form} submit=${w.open} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="name" label=${w.name} autocomplete="organization" maxlength="100" required />
      <${Field} form=${form} name="country" label=${w.country} type="select" autocomplete="country" options=${[['', w.noCountry], ...countryOptions()]} />
      <${Field} form=${form} name="authority" type="checkbox" label=${w.authority} />`}<//>
  `
}
