/** A button that does something at the server: once at a time, and it says what failed. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { refusalWords } from '../words/refusal.ts'
import { shell } from '../words/shell.ts'
import { html } from './html.ts'

interface ActProps {
  act(): Promise<unknown>
  /** For who does not see what it stands beside. */
  name?: string
  look?: string
  /** Asked before it is done. */
  confirm?: string
  children: ComponentChildren
}

export function Act({ act, name, look = 'small', confirm: question, children }: ActProps) {
  const doing = useSignal(false)
  const failed = useSignal<unknown>(null)
  const start = async () => {
    if (doing.value || (question && !confirm(question))) return
    doing.value = true
    failed.value = null
    try {
      await act()
    } catch (cause) {
      failed.value = cause
    } finally {
      doing.value = false
    }
  }
  return html`<button type="button" class=${look} aria-label=${name} aria-disabled=${doing.value} onClick=${start}>
      ${doing.value ? shell().sending : children}</button>
    ${failed.value !== null && html`<span role="alert" class="error">${refusalWords(failed.value)}</span>`}`
}
