/**
 * Money. The ledger's unit is the nano-USD (1e-9 USD) as a bigint. A price is a whole number of micro-USD per
 * 1,000,000 units, which is the same number as pico-USD per unit. Nothing else in the product rounds, parses or prints
 * an amount; the one rounding is in `costOf`: up, once a request (money.md §1).
 */
import { AppError } from './error.ts'
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

/** A price raised by `percent` (`"20"`, `"12.5"`, at most two decimals and 1000), rounded up to what a price can say. */
export function raisePrice(price: bigint, percent: unknown): bigint {
  const hundredths = parseDecimal(percent, 2)
  if (hundredths === null || hundredths > 100_000n) {
    throw new AppError('invalid_amount', {
      message: 'A markup must be a percentage such as "20" or "12.5", from 0 to 1000.',
    })
  }
  const raised = (price * (10_000n + hundredths) + 9_999n) / 10_000n
  return raised < highestPrice ? raised : highestPrice
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
  const fraction = digits.slice(-decimals).replace(/0+$/, '').padEnd(least, '0')
  const whole = digits.slice(0, -decimals)
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
