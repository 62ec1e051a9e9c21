/** What credit costs and which amounts are offered, as an operator sets it: each value is checked as the order will read it. */
import {
  centsOf,
  formatExchangeRate,
  formatPercent,
  formatUsd,
  nanoPerUsd,
  parseExchangeRate,
  parsePercent,
  parseUsd,
} from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import type { BusinessFacts } from '../legal/business.ts'

/** Of an order: at any rate its tax × its total, which the database reckons with, has 64 bits. */
const highestCredit = 1_000_000n * nanoPerUsd

export interface WrittenSettings {
  presets: string[]
  min: string
  max: string
  fee_percent: string
  twd_per_usd: string
  /** By ISO country; `*` for all others. */
  taxes: Record<string, string>
  seller_address: string
  seller_tax_id: string
}

export function showSettings(facts: BusinessFacts): WrittenSettings {
  return {
    ...{ presets: facts.topUpPresets, min: facts.topUpMin, max: facts.topUpMax },
    ...{ fee_percent: facts.feePercent, twd_per_usd: facts.twdPerUsd, taxes: facts.taxes },
    ...{ seller_address: facts.sellerAddress, seller_tax_id: facts.sellerTaxId },
  }
}

/** Refuses with `invalid_amount` or `invalid_request`, naming the field. */
export function readSettings(written: WrittenSettings) {
  const least = readCredit(written.min, 'min')
  const most = readCredit(written.max, 'max')
  if (least > most || most > highestCredit) throw outside('max')
  const presets = written.presets.map((preset) => readCredit(preset, 'presets'))
  if (presets.some((preset) => preset < least || preset > most)) throw outside('presets')
  const sorted = [...new Set(presets)].sort((a, b) => (a < b ? -1 : 1))
  const taxes = Object.entries(written.taxes).map(([country, percent]) => {
    if (!/^([A-Z]{2}|\*)$/.test(country)) throw noCountry
    return [country, formatPercent(parsePercent(percent, 'taxes'))]
  })
  return factsOf({
    ...{ presets: sorted.map(formatUsd), min: formatUsd(least), max: formatUsd(most) },
    fee_percent: formatPercent(parsePercent(written.fee_percent, 'fee_percent')),
    twd_per_usd: formatExchangeRate(parseExchangeRate(written.twd_per_usd, 'twd_per_usd')),
    taxes: Object.fromEntries(taxes),
    seller_address: written.seller_address.trim(),
    seller_tax_id: written.seller_tax_id.trim(),
  })
}

/** `showSettings` backwards. */
export function factsOf(shown: WrittenSettings) {
  return {
    ...{ topUpPresets: shown.presets, topUpMin: shown.min, topUpMax: shown.max },
    ...{ feePercent: shown.fee_percent, twdPerUsd: shown.twd_per_usd, taxes: shown.taxes },
    ...{ sellerAddress: shown.seller_address, sellerTaxId: shown.seller_tax_id },
  } satisfies Partial<BusinessFacts>
}

function readCredit(text: string, param: string): bigint {
  const credit = parseUsd(text, param)
  if (credit > 0n && centsOf(credit) !== null) return credit
  throw new AppError('invalid_amount', { param, message: 'Amounts of credit are whole cents.' })
}

const noCountry = new AppError('invalid_request', {
  param: 'taxes',
  message: 'Taxes are by country, two capital letters such as TW, or * for all others.',
})

const outside = (param: string) =>
  new AppError('invalid_amount', { param, message: 'That is outside of the least and the most.' })
