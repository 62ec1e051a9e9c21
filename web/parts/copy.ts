/** Text to take along: code in a box that scrolls, with a button that copies it and says so. */
import { useSignal } from '@preact/signals'
import { shell } from '../words/shell.ts'
import { html } from './html.ts'

interface CopyButtonProps {
  text: string
  label?: string
  /** What is copied, where several buttons stand together. */
  of?: string
}

export function CopyButton({ text, label, of }: CopyButtonProps) {
  const copied = useSignal(false)
  const copy = async () => {
    await navigator.clipboard.writeText(text)
    copied.value = true
    setTimeout(() => {
      copied.value = false
    }, 2000)
  }
  const says = copied.value ? shell().copied : (label ?? shell().copy)
  return html`<button type="button" class="small" onClick=${copy} aria-live="polite"
    aria-label=${of && `${says}: ${of}`}>${says}</button>`
}

export function Code({ text, label }: { text: string; label?: string }) {
  return html`<div class="code">
    <pre tabindex="0" aria-label=${label}><code>${text}</code></pre>
    <${CopyButton} text=${text} />
  </div>`
}
