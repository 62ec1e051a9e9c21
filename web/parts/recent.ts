/**
 * Who is signed in proves it anew where the server asks for it; then what she began is done, and nothing is typed twice. A page
 * with such acts shows `RecentDialog` and wraps each act in `withRecent`.
 */
import { signal, useSignal } from '@preact/signals'
import { api, ask, Refusal } from '../api.ts'
import { recent } from '../words/recent.ts'
import { refusalWords } from '../words/refusal.ts'
import { Dialog } from './dialog.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { logInByPasskey } from './passkey.ts'
import { textOf } from './written.ts'

const waiting = signal<{ confirmed(): void; gaveUp(): void } | null>(null)

/** Does it, asks who one is if need be, and does it again. Throws the refusal when the dialog is closed. */
export async function withRecent<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    if (!(cause instanceof Refusal) || cause.code !== 'recent_login_required') throw cause
    await new Promise<void>((resolve, reject) => {
      waiting.value = { confirmed: resolve, gaveUp: () => reject(cause) }
    })
    return act()
  }
}

function end(how: 'confirmed' | 'gaveUp'): void {
  const { value } = waiting
  waiting.value = null
  value?.[how]()
}

export function RecentDialog() {
  if (waiting.value === null) return null
  return html`<${Dialog} title=${recent().title} onClose=${() => end('gaveUp')}><${Ways} /><//>`
}

export type Me = Awaited<ReturnType<typeof readMe>>
export const readMe = () => ask(api.me.get())

function Ways() {
  const me = useLoad('me', readMe)
  const w = recent()
  const failed = useSignal<unknown>(null)
  const send = async (data: FormData) => {
    const [password, code] = [textOf(data, 'password'), textOf(data, 'code')]
    await ask(api.me.recent.post({ ...(password && { password }), ...(code && { code }) }))
    end('confirmed')
  }
  const byPasskey = () =>
    logInByPasskey().then(
      () => end('confirmed'),
      (cause) => {
        failed.value = cause
      },
    )
  return html`<${Load} of=${me}>${({ has_password, totp, passkeys, identities }: Me) => html`
    <p>${w.lead}</p>
    ${
      (has_password || totp) &&
      html`<${Form} submit=${w.confirm} onSend=${send}>${(form: FormState) =>
        has_password
          ? html`<${Field} form=${form} name="password" type="password" label=${w.password} autocomplete="current-password" required />`
          : html`<${Field} form=${form} name="code" label=${w.code} inputmode="numeric" autocomplete="one-time-code" required />`}<//>`
    }
    <p class="row">
      ${passkeys > 0 && html`<button type="button" onClick=${byPasskey}>${w.passkey}</button>`}
      ${
        !has_password &&
        identities.map(
          ({ provider }: { provider: string }) => html`
        <a key=${provider} class="button" target="_top" href=${`/api/oauth/${provider}?next=${encodeURIComponent(location.pathname + location.search)}`}>
          ${w.elsewhere(provider)}</a>`,
        )
      }
    </p>
    ${failed.value !== null && html`<p role="alert" class="error">${refusalWords(failed.value)}</p>`}
  `}<//>`
}
