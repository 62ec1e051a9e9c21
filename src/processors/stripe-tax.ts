/**
 * Tax by Stripe Tax: reckoned before the order is made, recorded once it is paid, taken back with each refund. What an order was
 * made with is never reckoned again. A buyer of whom Stripe cannot say it pays by the operator's rate.
 */
import type Stripe from 'stripe'
import { parsePercent } from '../base/amount.ts'
import { ProcessorError, type Tax, type TaxAsk, type ToldTax } from './processor.ts'
import { ask } from './stripe-ask.ts'

/** Somebody waits before a page. */
const hurried = { timeout: 5_000, maxNetworkRetries: 0 }

/** `code`: as what new orders are taxed; null where they are not. What was sold before is recorded all the same. */
export function openTax(client: () => Promise<Stripe>, code: string | null): Tax {
  return {
    ...(code !== null && { quote: async (sale) => quote(await client(), sale, code) }),
    record: async (sale) => record(await client(), sale),
    reverse: async (refund) => reverse(await client(), refund),
  }
}

async function quote({ tax }: Stripe, sale: TaxAsk, tax_code: string): Promise<ToldTax | null> {
  const { amount, currency, country, postalCode, taxId } = sale
  if (country === null) return null
  const credit = { reference: 'credit', tax_code, tax_behavior: 'exclusive' } as const
  const made = tax.calculations.create(
    {
      currency: currency.toLowerCase(),
      line_items: [{ ...credit, amount: Number(amount) }],
      customer_details: {
        address: { country, ...(postalCode !== null && { postal_code: postalCode }) },
        address_source: 'billing',
        ...(taxId !== null && { tax_ids: [taxId] }),
      },
    },
    hurried,
  )
  const told = await ask('tax', nullFor(isAboutBuyer, made))
  return told && readCalculation(told, sale, country)
}

function readCalculation(
  { id, amount_total, tax_amount_exclusive, tax_breakdown }: Stripe.Tax.Calculation,
  { amount }: TaxAsk,
  country: string,
): ToldTax {
  const tax = BigInt(tax_amount_exclusive)
  if (id === null || tax < 0n || BigInt(amount_total) !== amount + tax) {
    throw new ProcessorError('stripe: tax: it does not add up', { retry: false })
  }
  const [only, ...others] = tax_breakdown
  const isWhole = others.length === 0 && BigInt(only?.taxable_amount ?? 0) === amount
  const rate = isWhole && only ? rateOf(only.tax_rate_details.percentage_decimal) : null
  return { calculation: id, tax, rate, country }
}

/** Null for what has more than our four decimals. */
const rateOf = (percent: string) =>
  /^\d{1,2}(\.\d{1,4})?$/.test(percent) ? Number(parsePercent(percent)) : null

type Failure = Stripe.errors.StripeError

/** An address that does not suffice, a tax id that Stripe does not take. */
const isAboutBuyer = ({ code, param = '' }: Failure) =>
  code === 'customer_tax_location_invalid' ||
  code === 'tax_id_invalid' ||
  param.startsWith('customer_details')

/** The reference is the order's or the refund's id: Stripe has it already. */
const isKnown = ({ code, param }: Failure) =>
  code === 'resource_already_exists' || param === 'reference'

const nullFor = <T>(is: (failure: Failure) => boolean, answer: Promise<T>): Promise<T | null> =>
  answer.catch((failure: Failure) => {
    if (failure.type === 'StripeInvalidRequestError' && is(failure)) return null
    throw failure
  })

async function record(
  { tax }: Stripe,
  { orderId, calculation }: Parameters<Tax['record']>[0],
): Promise<string | null> {
  const made = tax.transactions.createFromCalculation(
    { calculation, reference: orderId },
    { ...hurried, idempotencyKey: `${orderId}:tax` },
  )
  return (await ask('record of tax', nullFor(isKnown, made)))?.id ?? null
}

async function reverse(
  { tax }: Stripe,
  { refundId, transaction, part }: Parameters<Tax['reverse']>[0],
): Promise<void> {
  const made = tax.transactions.createReversal(
    {
      ...{ original_transaction: transaction, reference: refundId },
      ...(part === null ? { mode: 'full' } : { mode: 'partial', flat_amount: -Number(part) }),
    },
    { ...hurried, idempotencyKey: `${refundId}:tax` },
  )
  await ask('reversal of tax', nullFor(isKnown, made))
}
