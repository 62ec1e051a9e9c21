/** Log-in and registration at another service: links, since the browser leaves this site. */
import { session } from '../session.ts'
import { login } from '../words/login.ts'
import { html } from './html.ts'

export function Elsewhere({ next }: { next?: string | undefined }) {
  const providers = session.value?.registration.providers ?? []
  if (providers.length === 0) return null
  const query = next ? `?next=${encodeURIComponent(next)}` : ''
  return html`<p class="row">${providers.map(
    ({ id, name }: { id: string; name: string }) =>
      html`<a key=${id} class="button quiet" target="_top" href=${`/api/oauth/${id}${query}`}>${login().continueWith(name)}</a>`,
  )}</p>
  <p class="soft">${login().or}</p>`
}
