/** What the link of a mail confirms: done as soon as the page is shown, once; a used link offers another one. */
import type { ComponentChildren } from 'preact'
import { Refusal } from '../api.ts'
import { refreshSession, session, startPath } from '../session.ts'
import { login } from '../words/login.ts'
import { refusalWords } from '../words/refusal.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'

interface ConfirmedProps {
  title: string
  done: string
  /** Sent once; the page that it confirms for may be signed in. */
  confirm(): Promise<unknown>
  /** Shown where the link is good no more. */
  children: ComponentChildren
}

export function Confirmed({ title, done, confirm, children }: ConfirmedProps) {
  const w = login()
  const sent = useLoad('confirmed', () => confirm().then(refreshSession))
  const used = sent.cause instanceof Refusal && sent.cause.code === 'invalid_link'
  const facts = session.value
  return html`
    <h1>${title}</h1>
    ${
      used
        ? html`<p role="alert" class="error">${refusalWords(sent.cause)}</p>${children}`
        : html`<${Load} of=${sent}>${() => html`
          <p role="status">${done}</p>
          <p>${
            facts?.visitor
              ? html`<a class="button" href=${startPath(facts)}>${w.toDashboard}</a>`
              : html`<a class="button" href="/login">${w.toLogin}</a>`
          }</p>`}<//>`
    }
  `
}
