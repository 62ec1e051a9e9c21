/** A new key's secret, shown once: no Esc and no closed tab loses it unasked. */
import { useEffect, useRef } from 'preact/hooks'
import { api, ask } from '../api.ts'
import { keys } from '../words/keys.ts'
import { Code } from './copy.ts'
import { Dialog } from './dialog.ts'
import { firstModel } from './first-model.ts'
import { html } from './html.ts'
import { useLoad } from './load.ts'
import { snippets } from './snippets.ts'

export function SecretDialog({ secret, onClose }: { secret: string; onClose(): void }) {
  const w = keys()
  const models = useLoad('models', () => ask(api.models.get()))
  const shown = useRef<HTMLElement>(null)
  useEffect(() => {
    // An effect may end after what it belongs to is gone from the page.
    const stay = (event: BeforeUnloadEvent) => shown.current?.isConnected && event.preventDefault()
    addEventListener('beforeunload', stay)
    return () => removeEventListener('beforeunload', stay)
  }, [])
  const base = `${location.origin}/api/v1`
  return html`<${Dialog} title=${w.secretTitle} locked onClose=${onClose}>
    <p ref=${shown}>${w.secretLead}</p>
    <${Code} text=${secret} label=${w.secretTitle} />
    <h3>${w.snippets}</h3>
    ${snippets(base, secret, firstModel(models.value?.data ?? [])?.id ?? 'MODEL').map(
      ([name, text], index) => html`
      <details key=${name} name="snippet" open=${index === 0}><summary>${name}</summary><${Code} text=${text} label=${name} /></details>`,
    )}
    <p><button type="button" class="primary" onClick=${onClose}>${w.saved}</button></p>
  <//>`
}
