/** A receipt or credit note as it was when it was booked, ready to print: on paper it is alone. */
import { api, ask } from '../api.ts'
import { money, usd, utc } from '../format.ts'
import { countryName } from '../parts/country.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import type { PageProps } from '../routes.ts'
import { receipt as receiptWords } from '../words/receipt.ts'
import { wayName } from '../words/top-up.ts'

const readReceipt = (account: string, number: string) =>
  ask(
    api
      .accounts({ account })
      .receipts({ number: Number(number) })
      .get(),
  )
type ReceiptView = Awaited<ReturnType<typeof readReceipt>>

export function Receipt({ account = '', number = '' }: PageProps) {
  const w = receiptWords()
  const facts = useLoad(`receipt ${account} ${number}`, () => readReceipt(account, number))
  return html`
    <p class="row between screen"><a href=${`/accounts/${account}/billing`}>← ${w.back}</a>
      <button type="button" class="primary" onClick=${() => print()}>${w.print}</button></p>
    <${Load} of=${facts}>${(shown: ReceiptView) => html`<${Paper} account=${account} of=${shown} />`}<//>`
}

function Paper({ account, of }: { account: string; of: ReceiptView }) {
  const w = receiptWords()
  const linked = (number: number) =>
    html`<a href=${`/accounts/${account}/receipts/${number}`}>${w.no(number)}</a>`
  return html`<article class="paper">
    <h1>${w.kinds[of.kind]} ${w.no(of.number)}</h1>
    <p>${of.created_at.slice(0, 10)}${of.of !== null && html` · <a href=${`/accounts/${account}/receipts/${of.of}`}>${w.of(of.of)}</a>`}</p>
    <div class="cards">
      <${Party} title=${w.seller} name=${of.seller.name} address=${of.seller.address} taxId=${of.seller.tax_id} contact=${of.seller.contact} />
      <${Party} title=${w.buyer} name=${of.buyer.name} address=${of.buyer.address} taxId=${of.buyer.tax_id} contact=${of.buyer.email} country=${of.buyer.country} />
    </div>
    <${Lines} of=${of} />
    <dl>
      <dt>${w.order}</dt><dd>${of.order.id}</dd>
      <dt>${w.paidAt}</dt><dd>${utc(of.payment.paid_at)}</dd>
      <dt>${w.paidBy}</dt><dd>${wayName(of.payment.processor, of.payment.method)}</dd>
      <dt>${w.payment}</dt><dd>${of.payment.id}</dd>
      ${of.invoice !== null && html`<dt>${w.invoice}</dt><dd>${of.invoice}${of.invoice_random && ` · ${w.random} ${of.invoice_random}`}</dd>`}
    </dl>
    ${of.invoice === null && of.invoice_state !== null && html`<p class="screen">${w.invoiceStates[of.invoice_state]}</p>`}
    ${of.kind === 'receipt' && of.credit_notes.length > 0 && html`<p class="screen">${w.notes}: ${of.credit_notes.map((number: number) => html` ${linked(number)}`)}</p>`}
    <p><small>${w.times} ${of.currency}${of.cost.exchange_rate !== null && `. ${w.rate(of.cost.exchange_rate)}`}</small></p>
  </article>`
}

interface PartyProps {
  title: string
  name: string
  address: string
  taxId: string | null
  contact: string | null
  country?: string | null
}

function Party({ title, name, address, taxId, contact, country = null }: PartyProps) {
  const lines = [
    ...address.split('\n'),
    country && countryName(country),
    taxId && `${receiptWords().taxId}: ${taxId}`,
    contact,
  ]
  return html`<section class="card"><h2>${title}</h2><strong>${name}</strong>
    ${lines.filter(Boolean).map((line) => html`<div>${line}</div>`)}</section>`
}

/** What was sold, with fee and tax apart [T3.6]; or what was taken back, and the tax in it. */
function Lines({ of }: { of: ReceiptView }) {
  const w = receiptWords()
  const { cost, currency } = of
  const taxName = cost.tax_rate === null ? w.taxPlain : w.tax(cost.tax_rate, cost.tax_country)
  const line = (name: string, amount: string) =>
    html`<tr key=${name}><td>${name}</td><td class="number">${money(amount, currency)}</td></tr>`
  const some = (name: string, amount: string) => Number(amount) !== 0 && line(name, amount)
  const isNote = of.kind === 'credit_note'
  return html`<table>
    <thead><tr><th scope="col">${w.what}</th><th scope="col" class="number">${currency}</th></tr></thead>
    <tbody>${
      isNote
        ? line(w.takenBack(usd(of.credit)), of.net)
        : [line(w.credit(usd(of.credit)), cost.price), some(w.fee, cost.fee)]
    }${some(taxName, of.tax)}</tbody>
    <tfoot><tr><th scope="row">${isNote ? w.paidBack : w.sum}</th><td class="number"><strong>${money(of.total, currency)}</strong></td></tr></tfoot>
  </table>`
}
