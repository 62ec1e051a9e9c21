/** What an operator does with a channel: add or change it, replace its credential, let it rest, try it. */
import { useSignal } from '@preact/signals'
import { api, ask, Refusal } from '../api.ts'
import { milliseconds } from '../format.ts'
import type { ChannelView, ProviderView } from '../pages/admin-channels.ts'
import { adminChannels } from '../words/admin-channels.ts'
import { Dialog } from './dialog.ts'
import { Usd } from './figures.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { textOf, textOrNull } from './written.ts'

const route = api.admin.channels

interface ChannelProps {
  /** Null: a new one. */
  channel: ChannelView | null
  providers: readonly ProviderView[]
  onClose(): void
}

export function ChannelDialog({ channel, providers, onClose }: ChannelProps) {
  const w = adminChannels()
  const provider = useSignal(channel?.provider ?? providers[0]?.id ?? '')
  const usual = providers.find(({ id }) => id === provider.value)?.base_url ?? null
  const send = async (data: FormData) => {
    await ask(
      route.put({
        ...{ id: channel?.id ?? textOf(data, 'id'), provider: provider.value },
        ...{ base_url: textOrNull(data, 'base_url'), credential: textOrNull(data, 'credential') },
        ...{ allow_private: data.has('allow_private'), quirks: readQuirks(textOf(data, 'quirks')) },
        revision: channel?.revision ?? null,
      }),
    )
    onClose()
  }
  const choose = (value: string) => {
    provider.value = value
  }
  const options = providers.map(({ id }) => [id, id] as const)
  const exact = { autocomplete: 'off', spellcheck: false }
  return html`<${Dialog} title=${channel ? w.of(w.change, channel.id) : w.add} onClose=${onClose}>
    <${Form} submit=${w.save} onSend=${send}>${(form: FormState) => html`
      ${!channel && html`<${Field} form=${form} name="id" label=${w.id} maxlength="200" required ...${exact} />`}
      <${Field} form=${form} name="provider" type="select" label=${w.provider} value=${provider.value} options=${options} onInput=${choose} />
      <${Field} form=${form} name="base_url" type="url" label=${w.address} hint=${usual ? w.addressHint(usual) : w.addressNeeded} value=${channel?.base_url} maxlength="500" ...${exact} />
      ${!channel && html`<${Field} form=${form} name="credential" type="password" label=${w.credential} maxlength="4096" autocomplete="new-password" />`}
      <${Field} form=${form} name="allow_private" type="checkbox" label=${w.allowPrivate} value=${channel?.allow_private ? 'on' : ''} />
      <${Field} form=${form} name="quirks" type="textarea" label=${w.quirks} hint=${w.quirksHint} value=${JSON.stringify(channel?.quirks ?? {}, null, 1)} ...${exact} />`}<//>
  <//>`
}

/** What is no JSON object is refused at its field, before anything is sent. */
function readQuirks(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text || '{}')
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {}
  throw new Refusal('invalid_request', '', 400, 'quirks')
}

interface OneProps {
  channel: ChannelView
  onClose(): void
}

export function CredentialDialog({ channel: { id, revision }, onClose }: OneProps) {
  const w = adminChannels()
  const send = async (data: FormData) => {
    await ask(route.credential.post({ id, revision, credential: textOf(data, 'credential') }))
    onClose()
  }
  return html`<${Dialog} title=${w.of(w.credential, id)} onClose=${onClose}><p>${w.credentialLead}</p>
    <${Form} submit=${w.rotate} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="credential" type="password" label=${w.credential} maxlength="4096" autocomplete="new-password" required />`}<//><//>`
}

export function StateDialog({ channel: { id, revision, state: now }, onClose }: OneProps) {
  const w = adminChannels()
  const [state, label] =
    now === 'active' ? (['disabled', w.disable] as const) : (['active', w.enable] as const)
  const send = async (data: FormData) => {
    await ask(route.state.post({ id, revision, state, reason: textOf(data, 'reason') }))
    onClose()
  }
  return html`<${Dialog} title=${w.of(label, id)} onClose=${onClose}>
    ${state === 'disabled' && html`<p>${w.disableLead}</p>`}
    <${Form} submit=${label} danger=${state === 'disabled'} onSend=${send}>${(
      form: FormState,
    ) => html`
      <${Field} form=${form} name="reason" label=${w.reason} maxlength="1000" autocomplete="off" required />`}<//><//>`
}

const tryIt = (id: string, model: string) => ask(route.test.post({ id, model }))
type Tried = Awaited<ReturnType<typeof tryIt>>

export function TestDialog({ channel: { id, models }, onClose }: OneProps) {
  const w = adminChannels()
  const tried = useSignal<Tried | null>(null)
  const send = async (data: FormData) => {
    tried.value = null
    tried.value = await tryIt(id, textOf(data, 'model'))
  }
  const options = models.map((one) => [one.id, one.id] as const)
  return html`<${Dialog} title=${w.of(w.test, id)} onClose=${onClose}>
    ${
      options.length === 0
        ? html`<p>${w.testNone} <a href="/admin/models">${w.toModels}</a></p>`
        : html`<p>${w.testLead}</p>
        <${Form} submit=${w.test} onSend=${send}>${(form: FormState) => html`
          <${Field} form=${form} name="model" type="select" label=${w.testModel} options=${options} value=${options[0]?.[0]} />`}<//>`
    }
    <div role="status">${tried.value && html`<${Result} tried=${tried.value} />`}</div><//>`
}

function Result({ tried: { ms, failure, sample, cost } }: { tried: Tried }) {
  const w = adminChannels()
  if (failure !== null) {
    const kind = w.kinds[failure.kind] ?? failure.kind
    return html`<p class="error">${w.failed(kind, milliseconds(ms))}</p><p><code>${failure.message}</code></p>`
  }
  return html`<p>${w.answered(milliseconds(ms))} ${cost !== null && html`${w.cost} <${Usd} amount=${cost} />`}</p>
    ${sample && html`<blockquote>${sample}</blockquote>`}`
}
