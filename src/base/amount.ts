/**
 * Money. The ledger's unit is the nano-USD (1e-9 USD) as a bigint. A price is a whole number of micro-USD per
 * 1,000,000 units, which is the same number as pico-USD per unit. Nothing else in the product rounds, parses or prints
 * an amount. A call's cost is rounded once, up (`costOf`; money.md §1); what a payer pays in the smallest unit of her currency is
 * rounded once a component.
 */
import { AppError } from './error.ts'
import { isCount } from './json.ts'
import { priceFallback, promptTokens, type UnitClass, type Units, unitClasses } from './units.ts'

export const nanoPerUsd = 1_000_000_000n
const picoPerNano = 1_000n
/** $10,000 per 1M units. */
const highestPrice = 10_000_000_000n
/** $1 billion: far above any real account, far below what 64 bits hold. */
const highestUsd = 1_000_000_000n * nanoPerUsd

/** One price of a unit class, in pico-USD per unit, for prompts of at least `minPromptTokens`. */
export interface Rate {
  unit: UnitClass
  minPromptTokens: number
  price: bigint
}

/** A decimal string of dollars (`"10"`, `"0.000001234"`) in nano-USD. No sign, no exponent; at most nine decimals. */
export function parseUsd(text: unknown, param: string | null = null): bigint {
  const nano = parseDecimal(text, 9)
  if (nano === null || nano > highestUsd) {
    throw new AppError('invalid_amount', {
      param,
      message: `${param ?? 'An amount'} must be a decimal string of dollars such as "10.00", without sign or exponent, with at most nine decimals, up to 1000000000.`,
    })
  }
  return nano
}

/** No single call costs more dollars. */
const dearestCall = 10_000

/** A JSON number of dollars, as a provider says what a call cost, in nano-USD, to the nearest; null where none costs that. */
export function readUsd(value: unknown): bigint | null {
  if (typeof value !== 'number' || !(value >= 0 && value <= dearestCall)) return null
  return parseDecimal(value.toFixed(9), 9)
}

/** The same of a whole number of ticks, 1e-10 dollars. */
export function readTicks(value: unknown): bigint | null {
  return isCount(value, 0, dearestCall * 1e10) ? (BigInt(value) + 5n) / 10n : null
}

/** A price as the catalogue writes it (`"0.15"` dollars per 1M units) in pico-USD per unit; at most six decimals. */
export function parsePrice(text: unknown, param: string | null = null): bigint {
  const price = parseDecimal(text, 6)
  if (price === null || price > highestPrice) {
    throw new AppError('invalid_amount', {
      param,
      message: `${param ?? 'A price'} must be a decimal string of dollars per 1,000,000 units such as "0.15", from 0 to 10000, without sign or exponent, with at most six decimals.`,
    })
  }
  return price
}

/** `Math.min` is for numbers only. */
export const lesser = (a: bigint, b: bigint) => (a < b ? a : b)

/** A price raised by `percent` (`"20"`, `"12.5"`, at most two decimals and 1000), rounded up to what a price can say. */
export function raisePrice(price: bigint, percent: unknown): bigint {
  const hundredths = parseDecimal(percent, 2)
  if (hundredths === null || hundredths > 100_000n) {
    throw new AppError('invalid_amount', {
      message: 'A markup must be a percentage such as "20" or "12.5", from 0 to 1000.',
    })
  }
  const raised = (price * (10_000n + hundredths) + 9_999n) / 10_000n
  return lesser(raised, highestPrice)
}

function parseDecimal(text: unknown, decimals: number): bigint | null {
  if (typeof text !== 'string' || text.length > 40) return null
  const match = /^(\d+)(?:\.(\d+))?$/.exec(text)
  const [, whole, fraction = ''] = match ?? []
  if (whole === undefined || fraction.length > decimals) return null
  return BigInt(whole + fraction.padEnd(decimals, '0'))
}

/** Nano-USD as dollars with every digit that matters and at least two decimals: `-0.000001234`, `10.00`. */
export function formatUsd(nano: bigint): string {
  return formatDecimal(nano, 9, 2)
}

/** Pico-USD per unit as dollars per 1,000,000 units: `0.15`. */
export function formatPrice(price: bigint): string {
  return formatDecimal(price, 6, 2)
}

/** Pico-USD per unit as dollars per single unit, as OpenRouter's clients read it: `0.00000015`. */
export function formatUnitPrice(price: bigint): string {
  return formatDecimal(price, 12, 0)
}

function formatDecimal(value: bigint, decimals: number, least: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(decimals + 1, '0')
  const point = digits.length - decimals
  const fraction = digits.slice(point).replace(/0+$/, '').padEnd(least, '0')
  const whole = digits.slice(0, point)
  return `${value < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** The price of one unit class for a prompt of that length, falling back as `priceFallback` says; 0n where free. */
export function rateFor(rates: readonly Rate[], unit: UnitClass, prompt: number): bigint {
  for (let name: UnitClass | undefined = unit; name; name = priceFallback[name]) {
    let best: Rate | null = null
    for (const rate of rates) {
      if (rate.unit !== name || rate.minPromptTokens > prompt) continue
      if (best === null || rate.minPromptTokens > best.minPromptTokens) best = rate
    }
    if (best !== null) return best.price
  }
  return 0n
}

/** What counted units cost, in nano-USD: Σ units × price, exactly, then rounded up once [T3.3]. */
export function costOf(units: Units, rates: readonly Rate[]): bigint {
  const prompt = promptTokens(units)
  let pico = 0n
  for (const unit of unitClasses) {
    const count = units[unit]
    if (count) pico += BigInt(count) * rateFor(rates, unit, prompt)
  }
  return (pico + picoPerNano - 1n) / picoPerNano
}

/** What payers pay in, and how many decimals it has in use: an amount of it is a whole number of its smallest unit. */
export type Currency = 'USD' | 'TWD'
const decimalsOf = { USD: 2, TWD: 0 } as const satisfies Record<Currency, number>

const million = 1_000_000n
const nanoPerCent = nanoPerUsd / 100n

/** `26.25` of USD, `825` of TWD. */
export function formatMinor(amount: bigint, currency: Currency): string {
  const decimals = decimalsOf[currency]
  return formatDecimal(amount, decimals, decimals)
}

export function parseMinor(text: unknown, currency: Currency, param: string | null = null): bigint {
  const amount = parseDecimal(text, decimalsOf[currency])
  if (amount !== null && amount <= highestUsd) return amount
  throw new AppError('invalid_amount', {
    param,
    message: `That must be a decimal string of ${currency} with at most ${decimalsOf[currency]} decimals.`,
  })
}

/** A percentage (`"5"`, `"2.75"`; at most four decimals and 100) in parts of a million. */
export function parsePercent(text: unknown, param: string | null = null): bigint {
  const rate = parseDecimal(text, 4)
  if (rate !== null && rate <= million) return rate
  throw new AppError('invalid_amount', {
    param,
    message: 'A rate must be a percentage such as "5" or "2.75", from 0 to 100.',
  })
}

export function formatPercent(rate: bigint): string {
  return formatDecimal(rate, 4, 0)
}

/** TWD for one USD (`"32.5"`, at most six decimals) as TWD for a million. */
export function parseExchangeRate(text: unknown, param: string | null = null): bigint {
  const rate = parseDecimal(text, 6)
  if (rate !== null && rate > 0n && rate <= 1000n * million) return rate
  throw new AppError('invalid_amount', {
    param,
    message: 'A rate must be a decimal string above 0 such as "32.5", at most 1000.',
  })
}

export function formatExchangeRate(rate: bigint): string {
  return formatDecimal(rate, 6, 0)
}

/** Credit in cents; null where it is not whole ones. */
export function centsOf(credit: bigint): bigint | null {
  return credit % nanoPerCent === 0n ? credit / nanoPerCent : null
}

/** Whole TWD, rounded up, for credit at a rate of TWD for 1,000,000 USD. */
export function twdOf(credit: bigint, rate: bigint): bigint {
  return divideUp(credit * rate, nanoPerUsd * million)
}

/** How much more `one` is than `other`, in parts of a million of the larger; null where both are nothing. */
export function differenceOf(one: bigint, other: bigint): bigint | null {
  const larger = one > other ? one : other
  return larger === 0n ? null : ((one - other) * million) / larger
}

/** So many parts of a million of an amount, to the nearest unit; halves up. */
export function shareOf(amount: bigint, rate: bigint): bigint {
  return (amount * rate + million / 2n) / million
}

/**
 * What of an order's credit a part of its total is, rounded up; all of the total is all of the credit. `before`: what of the
 * total was taken already, so that the parts of an order are never more than its credit together.
 */
export function proportion(credit: bigint, part: bigint, whole: bigint, before = 0n): bigint {
  return divideUp(credit * (before + part), whole) - divideUp(credit * before, whole)
}

/**
 * What a payer gets back for a part of an order's credit, rounded down: its share of the price and of the tax on that. The fee
 * and the tax on it go back only with all of the credit.
 */
export function paidBack(
  order: { credit: bigint; price: bigint; fee: bigint; total: bigint },
  part: bigint,
): bigint {
  const { credit, price, fee, total } = order
  return part === credit ? total : (price * total * part) / ((price + fee) * credit)
}

const divideUp = (value: bigint, by: bigint) => (value + by - 1n) / by
