/** What credit costs, apart: price, fee and tax in the currency that is paid, and their sum [T3.6]. */
import { money, usd } from '../format.ts'
import { topUp } from '../words/top-up.ts'
import { html } from './html.ts'

export interface CostView {
  credit: string
  currency: string
  price: string
  fee: string
  tax: string
  total: string
  tax_rate: string | null
  tax_country: string | null
  exchange_rate: string | null
}

export function Cost({ of }: { of: CostView }) {
  const w = topUp()
  const paid = (amount: string) => money(amount, of.currency)
  const free = (amount: string) => Number(amount) === 0
  return html`<dl class="sum">
    <dt>${w.price} ${of.currency !== 'USD' && usd(of.credit)}</dt><dd>${paid(of.price)}</dd>
    ${!free(of.fee) && html`<dt>${w.fee}</dt><dd>${paid(of.fee)}</dd>`}
    ${!free(of.tax) && html`<dt>${of.tax_rate === null ? w.noTax : w.tax(of.tax_rate, of.tax_country)}</dt><dd>${paid(of.tax)}</dd>`}
    <dt>${w.total}</dt><dd><strong>${paid(of.total)}</strong></dd>
  </dl>
  ${of.exchange_rate !== null && html`<p><small>${w.rate(of.exchange_rate)}</small></p>`}`
}
