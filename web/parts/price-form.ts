/** A new price of a model: what it would do is shown first, and what is unusual about it is confirmed. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { count } from '../format.ts'
import type { ModelView } from '../pages/admin-models.ts'
import { adminModels } from '../words/admin-models.ts'
import { models } from '../words/models.ts'
import { Dialog } from './dialog.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { type Prices, readPrice, writePrice } from './tiers.ts'
import { textOf, timeOrNull } from './written.ts'

type Side = 'sell' | 'buy'
const usual = ['input', 'output', 'cache_read', 'cache_write']
const seldom = [
  'cache_write_1h',
  'reasoning',
  'audio_in',
  'audio_out',
  'image',
  'search',
  'request',
]

type Effects = Awaited<ReturnType<typeof readEffects>>

function readEffects(written: { model: string; side: Side; prices: Prices; from: string | null }) {
  const { model, side, prices, from } = written
  const query = {
    model,
    side,
    prices: JSON.stringify(prices),
    ...(from && { effective_from: from }),
  }
  return ask(api.admin['price-effects'].get({ query }))
}

export function PriceDialog({ model, onClose }: { model: ModelView; onClose(): void }) {
  const w = adminModels()
  const side = useSignal<Side>('sell')
  const effects = useSignal<Effects | null>(null)
  const changed = () => {
    effects.value = null
  }
  const send = async (data: FormData) => {
    const prices = readPrices(data)
    const from = timeOrNull(data, 'effective_from')
    const about = { model: model.id, side: side.value, prices }
    if (effects.value === null) {
      effects.value = await readEffects({ ...about, from })
      return
    }
    await ask(
      api.admin.prices.post({
        ...{ ...about, effective_from: from, revision: model.revision },
        reason: textOf(data, 'reason'),
        confirm_below_cost: data.has('confirm_below_cost'),
        confirm_short_notice: data.has('confirm_short_notice'),
      }),
    )
    onClose()
  }
  const choose = (event: Event) => {
    side.value = (event.target as HTMLSelectElement).value as Side
    changed()
  }
  return html`<${Dialog} title=${w.of(w.price, model.id)} onClose=${onClose}>
    <p><label>${w.side} <select onChange=${choose}>${(['sell', 'buy'] as const).map(
      (one) =>
        html`<option key=${one} value=${one} selected=${one === side.value}>${w.sides[one]}</option>`,
    )}</select></label></p>
    <${Form} key=${side.value} submit=${effects.value ? w.publish : w.check} onSend=${send}>${(
      form: FormState,
    ) => html`
      <div class="form" onInput=${changed}>
        <${Units} form=${form} names=${usual} prices=${model[side.value]?.prices ?? {}} />
        <details><summary>${w.more}</summary><div class="form">
          <${Units} form=${form} names=${seldom} prices=${model[side.value]?.prices ?? {}} /></div></details>
        <small>${w.tiers}</small>
        <${Field} form=${form} name="effective_from" type="datetime-local" step="1" label=${w.effectiveFrom} hint=${w.effectiveHint} autocomplete="off" />
      </div>
      <${Field} form=${form} name="reason" label=${w.reason} maxlength="1000" autocomplete="off" required />
      ${effects.value && html`<${Shown} form=${form} effects=${effects.value} />`}`}<//>
  <//>`
}

interface UnitsProps {
  form: FormState
  names: readonly string[]
  prices: Record<string, unknown>
}

function Units({ form, names, prices }: UnitsProps) {
  const { units } = models()
  return names.map(
    (name) =>
      html`<${Field} key=${name} form=${form} name=${name} label=${units[name as keyof typeof units]} value=${writePrice(prices[name])} inputmode="decimal" autocomplete="off" maxlength="200" />`,
  )
}

function readPrices(data: FormData): Prices {
  const written = [...usual, ...seldom].map((name) => [name, textOf(data, name)] as const)
  return Object.fromEntries(
    written.filter(([, text]) => text !== '').map(([name, text]) => [name, readPrice(text)]),
  )
}

function Shown({ form, effects }: { form: FormState; effects: Effects }) {
  const w = adminModels()
  const { units } = models()
  const { rise, below_cost, accounts_30d, short_notice, notice_days } = effects
  const box = (name: string, label: string) =>
    html`<${Field} form=${form} name=${name} type="checkbox" label=${label} required />`
  return html`<div role="status">
      <p>${w.used(count(accounts_30d))} ${rise ? w.rises : w.noRise}</p>
      ${rise && html`<ul>${rise.map(({ unit, from, to }) => html`<li key=${unit}>${units[unit]}: ${from} → ${to}</li>`)}</ul>`}
    </div>
    ${short_notice && box('confirm_short_notice', w.confirm_short_notice(count(notice_days)))}
    ${below_cost.length > 0 && box('confirm_below_cost', w.confirm_below_cost(below_cost.map((unit) => units[unit]).join(', ')))}`
}
