/**
 * Log-in by password, passkey or another service, and the second factor. `?next=` is where she wanted to go, `?ticket=` a
 * log-in elsewhere that still needs its second factor (one of `?methods=`), `?error=` why one elsewhere failed.
 */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { api, ask, Refusal } from '../api.ts'
import { Act } from '../parts/act.ts'
import { Elsewhere } from '../parts/elsewhere.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { logInByPasskey } from '../parts/passkey.ts'
import { useQuery } from '../parts/query.ts'
import { textOf } from '../parts/written.ts'
import { refreshSession, session, startPath } from '../session.ts'
import { login } from '../words/login.ts'
import { refusalWords } from '../words/refusal.ts'
import { shell } from '../words/shell.ts'

interface Second {
  ticket: string
  methods: readonly string[]
}

export function Login() {
  const { query } = useQuery()
  const { route } = useLocation()
  const second = useSignal<Second | null>(
    query.ticket ? { ticket: query.ticket, methods: query.methods?.split(',') ?? ['totp'] } : null,
  )
  const facts = session.value
  // Whoever is in goes on, whichever way she came.
  useEffect(() => {
    if (facts?.visitor) route(startPath(facts, query.next), true)
  }, [facts])
  if (second.value !== null) {
    const anew = () => {
      second.value = null
    }
    return html`<${SecondFactor} ...${second.value} enter=${refreshSession} anew=${anew} />`
  }
  return html`<${FirstFactor} enter=${refreshSession} onSecond=${(next: Second) => {
    second.value = next
  }} />`
}

interface FirstProps {
  enter(): Promise<unknown>
  onSecond(second: Second): void
}

function FirstFactor({ enter, onSecond }: FirstProps) {
  const w = login()
  const { query } = useQuery()
  const send = async (data: FormData) => {
    const [email, password] = [textOf(data, 'email'), String(data.get('password'))]
    const step = await ask(api.login.post({ email, password }))
    if (step.state === 'second') onSecond(step)
    else await enter()
  }
  const byPasskey = async () => {
    await logInByPasskey()
    await enter()
  }
  const registerPath = query.next ? `/register?next=${encodeURIComponent(query.next)}` : '/register'
  return html`
    <h1>${w.title}</h1>
    ${query.error && html`<p role="alert" class="error">${refusalWords(new Refusal(query.error, ''))}</p>`}
    <${Elsewhere} next=${query.next} />
    <${Form} submit=${w.submit} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="email" type="email" label=${w.email} required autocomplete="username" />
      <${Field} form=${form} name="password" type="password" label=${w.password} required autocomplete="current-password" />`}<//>
    <p><${Act} look="" act=${byPasskey}>${w.passkey}<//></p>
    <p><a href="/reset">${w.forgot}</a></p>
    <p>${w.noAccount} <a href=${registerPath}>${shell().register}</a></p>
  `
}

interface SecondProps extends Second {
  enter(): Promise<unknown>
  anew(): void
}

function SecondFactor({ ticket, methods, enter, anew }: SecondProps) {
  const w = login()
  const send = async (data: FormData) => {
    await ask(api.login.second.post({ ticket, code: textOf(data, 'code') }))
    await enter()
  }
  const byPasskey = async () => {
    await logInByPasskey(ticket)
    await enter()
  }
  return html`
    <h1>${w.second}</h1>
    ${
      methods.some((one) => one !== 'passkey') &&
      html`<p>${w.secondLead}</p>
      <${Form} submit=${w.submit} onSend=${send}>${(form: FormState) => html`
        <${Field} form=${form} name="code" label=${w.code} required autocomplete="one-time-code" autofocus />`}<//>`
    }
    ${methods.includes('passkey') && html`<p><${Act} look="" act=${byPasskey}>${w.byPasskey}<//></p>`}
    <p><button type="button" class="plain" onClick=${anew}>${w.startAnew}</button></p>
  `
}
