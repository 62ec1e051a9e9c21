/**
 * Registration by e-mail and password, and the last step of who comes from another service (`?ticket=`). The server answers
 * the same for every address, so all that is told here is to look into the mail.
 */
import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { api, ask } from '../api.ts'
import { Act } from '../parts/act.ts'
import { Affirmation, affirmed, type DocumentView, readDocuments } from '../parts/affirm.ts'
import { useCaptcha } from '../parts/captcha.ts'
import { Elsewhere } from '../parts/elsewhere.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { useQuery } from '../parts/query.ts'
import { textOf } from '../parts/written.ts'
import { refreshSession, session, startPath } from '../session.ts'
import { register } from '../words/register.ts'
import { shell } from '../words/shell.ts'

export function Register() {
  const w = register()
  const { query } = useQuery()
  const sentTo = useSignal<string | null>(null)
  const documents = useLoad('documents', readDocuments)
  if (sentTo.value !== null) return html`<${Sent} email=${sentTo.value} />`
  if (session.value?.registration.open === false && !query.ticket) {
    return html`<h1>${w.title}</h1><p>${w.closed}</p>`
  }
  return html`<${Load} of=${documents}>${(current: DocumentView[]) =>
    query.ticket
      ? html`<${Newcomer} ticket=${query.ticket} documents=${current} />`
      : html`<${ByPassword} next=${query.next} documents=${current} onSent=${(email: string) => {
          sentTo.value = email
        }} />`}<//>`
}

interface ByPasswordProps {
  next?: string
  documents: readonly DocumentView[]
  onSent(email: string): void
}

function ByPassword({ next, documents, onSent }: ByPasswordProps) {
  const w = register()
  const solved = useCaptcha()
  const send = async (data: FormData) => {
    const email = textOf(data, 'email')
    const password = String(data.get('password'))
    const captcha = await solved()
    await ask(api.register.post({ email, password, captcha, ...affirmed(data, documents) }))
    onSent(email)
  }
  return html`
    <h1>${w.title}</h1>
    <p>${w.lead}</p>
    <${Elsewhere} next=${next} />
    <${Form} submit=${w.submit} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="name" label=${w.name} required maxlength="200" autocomplete="name" />
      <${Field} form=${form} name="email" type="email" label=${w.email} required maxlength="300" autocomplete="email" />
      <${Field} form=${form} name="password" type="password" label=${w.password} hint=${w.passwordHint} required maxlength="300" autocomplete="new-password" />
      <${Affirmation} form=${form} documents=${documents} />`}<//>
    <p>${w.haveAccount} <a href="/login">${shell().login}</a></p>
  `
}

function Sent({ email }: { email: string }) {
  const w = register()
  const again = useSignal(false)
  const resend = async () => {
    await ask(api.verify.resend.post({ email }))
    again.value = true
  }
  return html`
    <h1>${w.sent}</h1>
    <p>${w.sentLead(email)}</p>
    ${session.value?.demo.mails && html`<p><a class="button" href="/demo/mails">${w.readMails}</a></p>`}
    <p>${w.notThere}</p>
    ${
      again.value
        ? html`<p role="status">${w.sentAgain}</p>`
        : html`<p><${Act} act=${resend}>${w.sendAgain}<//></p>`
    }
    <p><a href="/login">${shell().login}</a></p>
  `
}

const readNewcomer = (ticket: string) => ask(api.register.oauth.get({ query: { ticket } }))
type NewcomerView = Awaited<ReturnType<typeof readNewcomer>>

function Newcomer({ ticket, documents }: { ticket: string; documents: readonly DocumentView[] }) {
  const w = register()
  const { query } = useQuery()
  const { route } = useLocation()
  const newcomer = useLoad(ticket, () => readNewcomer(ticket))
  const send = async (data: FormData) => {
    await ask(api.register.oauth.post({ ticket, ...affirmed(data, documents) }))
    route(startPath(await refreshSession(), query.next), true)
  }
  return html`
    <h1>${w.elsewhereTitle}</h1>
    <${Load} of=${newcomer}>${({ name, email }: NewcomerView) => html`
      <p>${w.elsewhereLead(email)}</p>
      <${Form} submit=${w.submit} onSend=${send}>${(form: FormState) => html`
        <${Field} form=${form} name="name" label=${w.name} value=${name} required maxlength="200" autocomplete="name" />
        <${Affirmation} form=${form} documents=${documents} />`}<//>`}<//>
  `
}
