/** The steps of setting up a new platform, one form each. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { language } from '../language.ts'
import { refreshSession } from '../session.ts'
import { register } from '../words/register.ts'
import { setup } from '../words/setup.ts'
import { Act } from './act.ts'
import { DocumentLinks, type DocumentView, readDocuments } from './affirm.ts'
import { Usd } from './figures.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { withRecent } from './recent.ts'
import { textOf, textOrNull } from './written.ts'

export const readSetup = (token: string) => ask(api.setup.get({ query: { token } }))
export type SetupView = Awaited<ReturnType<typeof readSetup>>

export interface StepProps {
  /** Of the address that was printed; good until there is an admin. */
  token: string
  view: SetupView
  /** Asks the server what is left. */
  onDone(): void
}

/** The operator, who is signed in from then on. */
export function AdminStep({ token, onDone }: StepProps) {
  const w = setup()
  const documents = useLoad('documents', readDocuments)
  return html`<${Load} of=${documents}>${(current: DocumentView[]) => {
    const send = async (data: FormData) => {
      await ask(
        api.setup.admin.post({
          ...{ token, name: textOf(data, 'name'), email: textOf(data, 'email') },
          password: String(data.get('password')),
          language: language.value,
          adult: data.has('adult'),
          documents: data.has('documents') ? current.map(({ id }) => id) : [],
        }),
      )
      await refreshSession()
      onDone()
    }
    return html`<${Form} submit=${w.next} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="name" label=${w.name} required maxlength="200" autocomplete="name" />
      <${Field} form=${form} name="email" type="email" label=${w.email} required autocomplete="email" />
      <${Field} form=${form} name="password" type="password" label=${w.password} required autocomplete="new-password" />
      <${Field} form=${form} name="adult" type="checkbox" required label=${register().adult} />
      <${Field} form=${form} name="documents" type="checkbox" required label=${html`${w.accept} <${DocumentLinks} documents=${current} />`} />`}<//>`
  }}<//>`
}

/** Who runs the platform, and where it is reached. */
export function BrandStep({ view, onDone }: StepProps) {
  const w = setup()
  const { platform, company, contact, jurisdiction, public_url } = view.brand
  const send = async (data: FormData) => {
    const brand = {
      ...{ platform: textOf(data, 'platform'), company: textOf(data, 'company') },
      ...{ contact: textOf(data, 'contact'), jurisdiction: textOf(data, 'jurisdiction') },
      public_url: textOf(data, 'public_url'),
    }
    await withRecent(() => ask(api.setup.brand.post(brand)))
    await refreshSession()
    onDone()
  }
  return html`<${Form} submit=${w.next} onSend=${send}>${(form: FormState) => html`
    <${Field} form=${form} name="platform" label=${w.platform} value=${platform} required maxlength="200" autocomplete="off" />
    <${Field} form=${form} name="company" label=${w.company} value=${company} required maxlength="200" autocomplete="organization" />
    <${Field} form=${form} name="contact" label=${w.contact} value=${contact} required maxlength="200" autocomplete="email" />
    <${Field} form=${form} name="jurisdiction" label=${w.jurisdiction} value=${jurisdiction} required maxlength="200" autocomplete="off" />
    <${Field} form=${form} name="public_url" type="url" label=${w.publicUrl} hint=${w.publicUrlHint} value=${public_url ?? location.origin} required maxlength="200" autocomplete="url" />`}<//>`
}

/** As they write themselves; others are shown by their id. */
const providerNames: Readonly<Record<string, string>> = {
  ...{ openai: 'OpenAI', anthropic: 'Anthropic', azure: 'Azure OpenAI', google: 'Google' },
  ...{ mistral: 'Mistral', groq: 'Groq', deepseek: 'DeepSeek', xai: 'xAI', together: 'Together' },
  ...{ openrouter: 'OpenRouter', vllm: 'vLLM', ollama: 'Ollama' },
}

/** Where calls go: a provider with its key, or the simulated one. */
export function ProviderStep({ view, onDone }: StepProps) {
  const w = setup()
  const chosen = useSignal('simulated')
  const provider = view.providers.find(({ id }) => id === chosen.value)
  const send = async (data: FormData) => {
    const connection = provider
      ? {
          provider: provider.id,
          ...{ api_key: textOrNull(data, 'api_key'), base_url: textOrNull(data, 'base_url') },
          allow_private: data.has('allow_private'),
        }
      : { simulated: true }
    await withRecent(() => ask(api.setup.provider.post(connection)))
    onDone()
  }
  const real = view.providers.map(({ id }) => [id, providerNames[id] ?? w.other] as const)
  return html`<${Form} submit=${w.next} onSend=${send}>${(form: FormState) => html`
    <${Field} form=${form} name="provider" type="select" label=${w.provider} options=${[['simulated', w.simulated], ...real]} onInput=${(
      value: string,
    ) => {
      chosen.value = value
    }} />
    ${
      provider &&
      html`
      <${Field} key=${`${provider.id} key`} form=${form} name="api_key" type="password" label=${w.apiKey} hint=${w.apiKeyHint} required=${provider.needs_key} autocomplete="off" />
      <${Field} key=${`${provider.id} url`} form=${form} name="base_url" type="url" label=${w.baseUrl} value=${provider.base_url} required autocomplete="off" />
      <${Field} form=${form} name="allow_private" type="checkbox" label=${w.allowPrivate} />`
    }`}<//>`
}

/**
 * What customers pay: public prices with a markup, and what the operator writes for a model that no list names. The simulated
 * provider's models have prices of their own.
 */
export function PricesStep({ view, onDone }: StepProps) {
  const w = setup()
  if (view.simulated) {
    const publish = () => ask(api.setup.prices.post({})).then(onDone)
    return html`<p>${w.simulatedPrices}</p><p><${Act} look="primary" act=${publish}>${w.publish}<//></p>`
  }
  const send = async (data: FormData) => {
    const [id, input] = [textOf(data, 'model'), textOf(data, 'input')]
    const output = textOf(data, 'output')
    const models = id ? [{ id, input, ...(output && { output }) }] : []
    await ask(api.setup.prices.post({ markup: textOf(data, 'markup'), models }))
    onDone()
  }
  return html`<p>${w.pricesLead}</p>
    <${Form} submit=${w.publish} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="markup" label=${w.markup} hint=${w.markupHint} value="20" required inputmode="decimal" pattern="[0-9]{1,4}([.][0-9]{1,2})?" autocomplete="off" />
      <details><summary>${w.ownModel}</summary><div class="form">
        <${Field} form=${form} name="model" label=${w.modelId} maxlength="200" autocomplete="off" />
        <${Field} form=${form} name="input" label=${w.inputPrice} inputmode="decimal" pattern="[0-9]{1,9}([.][0-9]{1,6})?" autocomplete="off" />
        <${Field} form=${form} name="output" label=${w.outputPrice} hint=${w.outputHint} inputmode="decimal" pattern="[0-9]{1,9}([.][0-9]{1,6})?" autocomplete="off" />
      </div></details>`}<//>`
}

/** The whole way once: gateway, provider, ledger. */
export function TestStep({ onDone }: StepProps) {
  const w = setup()
  const result = useSignal<TestResult | null>(null)
  const call = async () => {
    result.value = await callOnce()
  }
  if (result.value === null) {
    return html`<p>${w.testLead}</p><p><${Act} look="primary" act=${call}>${w.test}<//></p>`
  }
  const { model, answer, cost } = result.value
  return html`<div role="status">
    <p>${w.answered(model)}</p>
    <blockquote>${answer}</blockquote>
    <p>${w.cost} <${Usd} amount=${cost} /></p>
    <p><button type="button" class="primary" onClick=${onDone}>${w.next}</button></p>
  </div>`
}

const callOnce = () => ask(api.setup.test.post({}))
type TestResult = Awaited<ReturnType<typeof callOnce>>
