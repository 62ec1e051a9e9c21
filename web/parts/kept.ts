/** What an investigation kept: its calls, and what was asked and answered in one of them. Each look is audited by the server. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { adminInvestigations } from '../words/admin-audit.ts'
import { Dialog } from './dialog.ts'
import { Time } from './figures.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { usePieces } from './more.ts'
import { Table } from './table.ts'

const readKept = (investigation: string, after: string | null) =>
  ask(
    api.admin
      .investigations({ investigation })
      .requests.get({ query: { ...(after && { after }) } }),
  )
type Call = Awaited<ReturnType<typeof readKept>>['data'][number]

interface KeptProps {
  investigation: string
  onClose(): void
}

export function KeptDialog({ investigation, onClose }: KeptProps) {
  const w = adminInvestigations()
  const gen = useSignal<string | null>(null)
  const read = (id: string | null) => {
    gen.value = id
  }
  return html`<${Dialog} title=${gen.value ?? w.calls} onClose=${onClose}>${
    gen.value === null
      ? html`<${Calls} investigation=${investigation} onRead=${read} />`
      : html`<p><button type="button" onClick=${() => read(null)}>${w.back}</button></p>
        <${Content} investigation=${investigation} gen=${gen.value} />`
  }<//>`
}

function Calls({ investigation, onRead }: { investigation: string; onRead(id: string): void }) {
  const w = adminInvestigations()
  const { first, rows, more } = usePieces(`kept ${investigation}`, (after) =>
    readKept(investigation, after),
  )
  const row = ({ id, created_at, model }: Call) => html`<tr key=${id}>
    <td><${Time} at=${created_at} /></td><td>${model}</td>
    <td><button type="button" class="small" aria-label=${w.readOf(id)} onClick=${() => onRead(id)}>${w.read}</button></td></tr>`
  return html`<${Load} of=${first}>${() =>
    rows.length === 0
      ? html`<p class="state">${w.noCalls}</p>`
      : html`<${Table} label=${w.calls} head=${[w.time, w.model, w.request]}>${rows.map(row)}<//>${more}`}<//>`
}

const readContent = (investigation: string, gen: string) =>
  ask(api.admin.investigations({ investigation }).requests({ gen }).get())
type Content = Awaited<ReturnType<typeof readContent>>

function Content({ investigation, gen }: { investigation: string; gen: string }) {
  const w = adminInvestigations()
  const one = useLoad(`content ${gen}`, () => readContent(investigation, gen))
  return html`<${Load} of=${one}>${({ request, reply }: Content) => html`
    <h3>${w.asked}</h3>
    <pre tabindex="0"><code>${typeof request === 'string' ? request : JSON.stringify(request, null, 2)}</code></pre>
    <h3>${w.answered}</h3>
    ${reply === null ? html`<p class="state">${w.nothing}</p>` : html`<pre tabindex="0"><code>${reply}</code></pre>`}`}<//>`
}
