/** What is asked of the server when a page is shown: its loading, error and ready states, and asking again. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { Refusal } from '../api.ts'
import { loginPath } from '../session.ts'
import { refusalWords } from '../words/refusal.ts'
import { shell } from '../words/shell.ts'
import { html } from './html.ts'

export interface Loaded<T> {
  /** The last answer; kept while it is asked anew. */
  value: T | null
  cause: unknown
  again(): void
}

/** `key` names what is asked: another key asks anew. A session that has ended leads to the log-in and back. */
export function useLoad<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const state = useSignal<{ key: string; value: T | null; cause: unknown }>({
    key,
    value: null,
    cause: null,
  })
  const round = useSignal(0)
  useEffect(() => {
    let gone = false
    load().then(
      (value) => {
        if (!gone) state.value = { key, value, cause: null }
      },
      (cause) => {
        if (gone) return
        if (isSignedOut(cause)) location.assign(loginPath())
        else state.value = { ...state.value, key, cause }
      },
    )
    return () => {
      gone = true
    }
  }, [key, round.value])
  const { value, cause } = state.value
  return { value, cause, again: () => round.value++ }
}

export const isSignedOut = (cause: unknown) =>
  cause instanceof Refusal && cause.code === 'session_required'

const needsFactor = (cause: unknown) =>
  cause instanceof Refusal && cause.code === 'admin_factor_required'

interface LoadProps<T> {
  of: Loaded<T>
  children(value: T): ComponentChildren
}

/** Shows what was loaded, or that it is coming, or what failed with a way to try again. */
export function Load<T>({ of, children }: LoadProps<T>) {
  if (of.cause !== null) {
    return html`<div class="state" role="alert">
      <p>${shell().failed} ${refusalWords(of.cause)}
        ${needsFactor(of.cause) && html` <a href="/settings">${shell().menu.settings}</a>`}</p>
      <button type="button" onClick=${of.again}>${shell().retry}</button>
    </div>`
  }
  if (of.value === null) return html`<p class="state" role="status">${shell().loading}</p>`
  return children(of.value)
}
