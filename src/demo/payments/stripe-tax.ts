/** Tax at the simulated Stripe: calculations that expire, transactions whose references are unique, reversals of what is left. */
import {
  type Form,
  missing,
  needCount,
  needText,
  partOf,
  refuseForm,
  textOf,
  textsOf,
} from './stripe-form.ts'
import { add, all, find, type Shop, type Thing } from './stripe-shop.ts'

interface Breakdown {
  amount: number
  inclusive: boolean
  tax_rate_details: { country: string; percentage_decimal: string; rate_type: 'percentage' }
  taxability_reason: 'standard_rated' | 'not_collecting' | 'reverse_charge'
  taxable_amount: number
}

export interface Calculation extends Thing {
  object: 'tax.calculation'
  amount_total: number
  currency: string
  customer_details: Form
  expires_at: number
  tax_amount_exclusive: number
  tax_amount_inclusive: number
  tax_breakdown: Breakdown[]
}

export interface Transaction extends Thing {
  object: 'tax.transaction'
  currency: string
  /** The real one shows it to who expands it. */
  line_items: { object: 'list'; data: { amount: number; amount_tax: number }[] }
  reference: string
  reversal: { original_transaction: string } | null
  type: 'transaction' | 'reversal'
}

const keptSeconds = 90 * 86_400

export function calculate(shop: Shop, form: Form): Calculation {
  const items = Object.values(partOf(form, 'line_items'))
  const [item] = items
  if (items.length !== 1 || typeof item !== 'object')
    throw refuseForm('You must provide one line item here.', 'line_items', 'parameter_missing')
  const amount = needCount(item, 'amount')
  const code = needText(item, 'tax_code')
  if (!/^txcd_\d{8}$/.test(code))
    throw refuseForm(`No such tax code: '${code}'`, 'line_items[0][tax_code]', 'resource_missing')
  const buyer = partOf(form, 'customer_details')
  const tax_breakdown = breakDown(shop, amount, buyer)
  const tax = tax_breakdown.reduce((sum, part) => sum + part.amount, 0)
  return add<Calculation>(shop, 'taxcalc_', {
    ...{ object: 'tax.calculation', currency: needText(form, 'currency'), metadata: {} },
    ...{ amount_total: amount + tax, tax_amount_exclusive: tax, tax_amount_inclusive: 0 },
    ...{ customer_details: buyer, tax_breakdown },
    expires_at: Math.floor(shop.now() / 1000) + keptSeconds,
  })
}

function breakDown(shop: Shop, amount: number, buyer: Form): Breakdown[] {
  const country = needPlace(buyer)
  const [taxId] = Object.values(partOf(buyer, 'tax_ids'))
  const isBusiness = typeof taxId === 'object' && needText(taxId, 'type') === 'eu_vat'
  const rates = shop.taxRates.get(country) ?? []
  if (rates.length > 0 && !isBusiness)
    return rates.map((percent) => ({
      ...partOfTax(country, percent, 'standard_rated'),
      amount: Math.round((amount * Number(percent)) / 100),
      taxable_amount: amount,
    }))
  return [partOfTax(country, '0.0', rates.length > 0 ? 'reverse_charge' : 'not_collecting')]
}

function partOfTax(
  country: string,
  percentage_decimal: string,
  taxability_reason: Breakdown['taxability_reason'],
): Breakdown {
  return {
    ...{ amount: 0, inclusive: false, taxable_amount: 0, taxability_reason },
    tax_rate_details: { country, percentage_decimal, rate_type: 'percentage' },
  }
}

/** In the US a ZIP code, in Canada a postal code or a province; elsewhere the country suffices. */
function needPlace(buyer: Form): string {
  const address = partOf(buyer, 'address')
  const country = needText(address, 'country')
  needText(buyer, 'address_source')
  const code = textOf(address, 'postal_code')
  const suffices =
    country === 'US'
      ? /^\d{5}(-\d{4})?$/.test(code ?? '')
      : country !== 'CA' || code !== null || textOf(address, 'state') !== null
  if (suffices) return country
  throw refuseForm(
    "We could not determine the customer's tax location based on the provided customer address.",
    'customer_details[address]',
    'customer_tax_location_invalid',
  )
}

export function recordSale(shop: Shop, form: Form): Transaction {
  const id = needText(form, 'calculation')
  const calculation = find<Calculation>(shop, 'tax.calculation', id)
  if (!calculation) throw missing('tax calculation', id)
  if (calculation.expires_at * 1000 <= shop.now())
    throw refuseForm(`The tax calculation ${id} has expired.`, 'calculation')
  const { amount_total, tax_amount_exclusive: tax, currency } = calculation
  return addTransaction(shop, form, {
    ...{ type: 'transaction', currency, reversal: null },
    line_items: { object: 'list', data: [{ amount: amount_total - tax, amount_tax: tax }] },
  })
}

export function reverseSale(shop: Shop, form: Form): Transaction {
  const id = needText(form, 'original_transaction')
  const original = find<Transaction>(shop, 'tax.transaction', id)
  if (!original) throw missing('tax transaction', id)
  if (original.type === 'reversal')
    throw refuseForm('A reversal cannot be reversed.', 'original_transaction')
  const reversed = all<Transaction>(shop, 'tax.transaction').filter(
    ({ reversal }) => reversal?.original_transaction === id,
  )
  const left = [original, ...reversed].reduce((sum, one) => sum + totalOf(one), 0)
  const isFull = needText(form, 'mode') === 'full'
  const amount = isFull ? -left : needCount(form, 'flat_amount', -99_999_999)
  if (amount >= 0 || -amount > left)
    throw refuseForm('The reversal must be negative, and at most what is left.', 'flat_amount')
  const [sold] = original.line_items.data
  const amount_tax = Math.round((amount * (sold?.amount_tax ?? 0)) / totalOf(original))
  return addTransaction(shop, form, {
    ...{ type: 'reversal', currency: original.currency },
    reversal: { original_transaction: id },
    line_items: { object: 'list', data: [{ amount: amount - amount_tax, amount_tax }] },
  })
}

function totalOf({ line_items }: Transaction): number {
  return line_items.data.reduce((sum, { amount, amount_tax }) => sum + amount + amount_tax, 0)
}

type Kind = Pick<Transaction, 'type' | 'currency' | 'line_items' | 'reversal'>

function addTransaction(shop: Shop, form: Form, kind: Kind): Transaction {
  const reference = needText(form, 'reference')
  const known = all<Transaction>(shop, 'tax.transaction').some((one) => one.reference === reference)
  if (known)
    throw refuseForm(
      `A transaction with the reference ${reference} already exists.`,
      'reference',
      'resource_already_exists',
    )
  return add<Transaction>(shop, 'tax_', {
    ...{ object: 'tax.transaction', reference, metadata: textsOf(form, 'metadata'), ...kind },
  })
}
