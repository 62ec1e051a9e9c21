/**
 * A modal dialog. `locked` ones close by their own buttons only: an Esc too many must not lose a secret. Whoever opened it by
 * keyboard goes on where she was.
 */
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { shell } from '../words/shell.ts'
import { html } from './html.ts'

interface DialogProps {
  title: string
  locked?: boolean
  onClose(): void
  children: ComponentChildren
}

export function Dialog({ title, locked = false, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const id = useId()
  useEffect(() => {
    const shown = dialog.current
    const opener = document.activeElement as HTMLElement | null
    shown?.showModal()
    // The first field, where there is one: the browser would take the cross.
    shown?.querySelector<HTMLElement>('[autofocus], :is(input, select, textarea)')?.focus()
    return () => {
      shown?.close()
      // The browser's own way back fails once the dialog has left the page.
      const back = opener?.isConnected ? opener : document.querySelector('main')
      back?.focus({ preventScroll: true })
    }
  }, [])
  return html`
    <dialog ref=${dialog} aria-labelledby=${id} closedby=${locked ? 'none' : 'any'}
      onCancel=${(event: Event) => {
        event.preventDefault()
        if (!locked) onClose()
      }}
      onKeyDown=${(event: KeyboardEvent) => {
        // Not every browser knows closedby, and a second Esc closes whatever was cancelled once.
        if (locked && event.key === 'Escape') event.preventDefault()
      }}>
      <header>
        <h2 id=${id}>${title}</h2>
        ${!locked && html`<button type="button" class="plain" aria-label=${shell().close} onClick=${onClose}>✕</button>`}
      </header>
      ${children}
    </dialog>
  `
}
