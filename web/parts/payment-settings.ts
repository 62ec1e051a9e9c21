/** What an operator sets of payments: amounts that are offered, limits, fee, taxes, rate and seller. */
import { useSignal } from '@preact/signals'
import { api, ask, Refusal } from '../api.ts'
import { adminPayments } from '../words/admin-payments.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { listOrNull, textOf } from './written.ts'

const route = api.admin['payment-settings']
const readSettings = () => ask(route.get())
type Settings = Awaited<ReturnType<typeof readSettings>>

export function PaymentSettings() {
  const settings = useLoad('payment settings', readSettings)
  return html`<${Load} of=${settings}>${(shown: Settings) => html`<${Terms} shown=${shown} onSaved=${settings.again} />`}<//>`
}

function Terms({ shown, onSaved }: { shown: Settings; onSaved(): void }) {
  const w = adminPayments()
  const told = useSignal('')
  const send = async (data: FormData) => {
    const text = (name: string) => textOf(data, name)
    await ask(
      route.put({
        presets: listOrNull(data, 'presets') ?? [],
        ...{ min: text('min'), max: text('max'), fee_percent: text('fee_percent') },
        ...{ twd_per_usd: text('twd_per_usd'), taxes: readTaxes(text('taxes')) },
        ...{ seller_address: text('seller_address'), seller_tax_id: text('seller_tax_id'), shown },
      }),
    )
    told.value = w.saved
    onSaved()
  }
  const decimal = { inputmode: 'decimal', autocomplete: 'off', maxlength: '20', required: true }
  return html`<p>${w.settingsLead}</p>
    <${Form} submit=${w.save} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="presets" label=${w.presets} hint=${w.presetsHint} value=${shown.presets.join(' ')} autocomplete="off" required />
      <${Field} form=${form} name="min" label=${w.min} value=${shown.min} ...${decimal} />
      <${Field} form=${form} name="max" label=${w.max} value=${shown.max} ...${decimal} />
      <${Field} form=${form} name="fee_percent" label=${w.fee} value=${shown.fee_percent} ...${decimal} />
      <${Field} form=${form} name="twd_per_usd" label=${w.rate} value=${shown.twd_per_usd} ...${decimal} />
      <${Field} form=${form} name="taxes" type="textarea" label=${w.taxes} hint=${w.taxesHint} value=${writeTaxes(shown.taxes)} autocomplete="off" />
      <${Field} form=${form} name="seller_address" label=${w.seller} value=${shown.seller_address} autocomplete="street-address" maxlength="200" />
      <${Field} form=${form} name="seller_tax_id" label=${w.sellerTaxId} value=${shown.seller_tax_id} autocomplete="off" maxlength="30" />`}<//>
    <p role="status">${told.value}</p>`
}

const writeTaxes = (taxes: Settings['taxes']) =>
  Object.entries(taxes)
    .map(([country, percent]) => `${country} ${percent}`)
    .join('\n')

/** A line a country. What is none is refused at its field, before anything is sent. */
function readTaxes(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return Object.fromEntries(
    lines.map((line) => {
      const [, country, percent] = /^\s*([A-Za-z]{2}|\*)\s+([\d.]+)\s*%?\s*$/.exec(line) ?? []
      if (country && percent) return [country.toUpperCase(), percent]
      throw new Refusal('invalid_request', '', 400, 'taxes')
    }),
  )
}
