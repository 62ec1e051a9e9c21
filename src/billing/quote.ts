/**
 * What credit costs its buyer: the price in her currency, the operator's fee, and the tax on both, each rounded once; their sum
 * is what she pays. Credit is the net amount [T3.6]. Nothing of it comes from a client but how much credit she wants.
 */
import {
  type Currency,
  centsOf,
  formatUsd,
  parseExchangeRate,
  parsePercent,
  parseUsd,
  shareOf,
  twdOf,
} from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import type { BusinessFacts } from '../legal/business.ts'
import type { ToldTax } from '../processors/processor.ts'
import { taxRateOf } from './tax.ts'

export interface Quote {
  /** Nano-USD. */
  credit: bigint
  currency: Currency
  /** In the currency's smallest unit, as are fee, tax and total. */
  price: bigint
  fee: bigint
  tax: bigint
  total: bigint
  /** Parts of a million; null where no tax is collected, or by no single rate. */
  taxRate: number | null
  taxCountry: string | null
  /** Of the processor, where it reckoned the tax. */
  taxCalculation: string | null
  /** TWD for 1,000,000 USD; null where it is paid in USD. */
  exchangeRate: bigint | null
}

export interface Wanted {
  credit: bigint
  currency: Currency
  /** The buyer's; null while she has not said it. */
  country: string | null
}

/**
 * `told`: the tax as the processor reckons it; without, it is by the operator's rates. Refuses with `invalid_amount` what is
 * outside of the operator's limits or no whole cents.
 */
export function quote(
  facts: BusinessFacts,
  { credit, currency, country }: Wanted,
  told: ToldTax | null = null,
): Quote {
  const cents = centsOf(credit)
  const [least, most] = [parseUsd(facts.topUpMin), parseUsd(facts.topUpMax)]
  if (cents === null || cents === 0n || credit < least || credit > most) {
    throw new AppError('invalid_amount', {
      param: 'credit',
      message: `Choose ${formatUsd(least)} to ${formatUsd(most)} USD, in whole cents.`,
    })
  }
  const exchangeRate = currency === 'TWD' ? parseExchangeRate(facts.twdPerUsd) : null
  const price = exchangeRate === null ? cents : twdOf(credit, exchangeRate)
  const fee = shareOf(price, parsePercent(facts.feePercent))
  const taxed = told ?? taxByRate(facts, country, price + fee)
  const { tax, rate: taxRate, country: taxCountry, calculation: taxCalculation } = taxed
  return {
    ...{ credit, currency, price, fee, tax, total: price + fee + tax, exchangeRate },
    ...{ taxRate, taxCountry, taxCalculation },
  }
}

function taxByRate({ taxes }: BusinessFacts, country: string | null, amount: bigint) {
  const rate = taxRateOf(taxes, country)
  if (rate === null) return { tax: 0n, rate, country: null, calculation: null }
  return { tax: shareOf(amount, rate), rate: Number(rate), country, calculation: null }
}
