/** Who receipts are made out to: read by all members, changed by who may pay. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { receipt } from '../words/receipt.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { may } from './role.ts'
import { textOf, textOrNull } from './written.ts'

const readBuyer = (account: string) => ask(api.accounts({ account }).buyer.get())
type BuyerView = Awaited<ReturnType<typeof readBuyer>>

export function Buyer({ account }: { account: string }) {
  const w = receipt()
  const facts = useLoad(`buyer ${account}`, () => readBuyer(account))
  return html`<details><summary><h2>${w.billedTo}</h2></summary><p id="billed-to" class="soft">${w.billedLead}</p>
    <${Load} of=${facts}>${(shown: BuyerView) =>
      may(account, 'bill')
        ? html`<${BuyerForm} account=${account} facts=${shown} again=${facts.again} />`
        : html`<${BuyerLines} facts=${shown} />`}<//></details>`
}

function BuyerLines({ facts }: { facts: BuyerView }) {
  const w = receipt()
  const lines = [
    [w.name, facts.name],
    [w.address, facts.address],
    [w.email, facts.email],
    [w.taxId, facts.tax_id],
  ]
  return html`<dl>${lines.map(([label, text]) => html`<dt>${label}</dt><dd>${text || w.none}</dd>`)}</dl>`
}

function BuyerForm({
  account,
  facts,
  again,
}: {
  account: string
  facts: BuyerView
  again(): void
}) {
  const w = receipt()
  const told = useSignal('')
  const send = async (data: FormData) => {
    told.value = ''
    const body = {
      ...{ name: textOf(data, 'name'), address: textOf(data, 'address') },
      ...{ email: textOrNull(data, 'email'), tax_id: textOrNull(data, 'tax_id') },
    }
    await ask(api.accounts({ account }).buyer.put(body))
    told.value = w.saved
    again()
  }
  return html`<${Form} submit=${w.save} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="name" label=${w.name} hint=${w.nameHint} value=${facts.name} autocomplete="organization" maxlength="200" />
      <${Field} form=${form} name="address" type="textarea" rows="2" label=${w.address} value=${facts.address} autocomplete="street-address" maxlength="500" />
      <${Field} form=${form} name="email" type="email" label=${w.email} hint=${w.emailHint} value=${facts.email} autocomplete="email" maxlength="254" />
      <${Field} form=${form} name="tax_id" label=${w.taxId} hint=${w.taxIdHint} value=${facts.tax_id} autocomplete="off" maxlength="60" />`}<//>
    <p role="status">${told.value}</p>`
}
