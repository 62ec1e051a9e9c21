/**
 * How amounts, counts and times read in the reader's language. Amounts come as exact decimal strings: what is shown may be
 * shortened, the exact digits stand in the title (`exact`).
 */
import { language } from './language.ts'

/** `US$12.34`, never a bare `$`; small amounts keep the digits that matter. */
export function usd(amount: string): string {
  const value = Number(amount)
  const small = value !== 0 && Math.abs(value) < 1
  // British English writes US$; Taiwan's Chinese would write a bare $, so there it is the code.
  const [locale, currencyDisplay] =
    language.value === 'en' ? (['en-GB', 'symbol'] as const) : ([language.value, 'code'] as const)
  return new Intl.NumberFormat(locale, {
    ...{ style: 'currency', currency: 'USD', currencyDisplay },
    minimumFractionDigits: 2,
    maximumFractionDigits: small ? 6 : 2,
  }).format(value)
}

/** What a payer pays, with all its decimals: `US$26.25`, `NT$825`. */
export function money(amount: string, currency: string): string {
  const [locale, currencyDisplay] =
    language.value === 'en' ? (['en-GB', 'symbol'] as const) : ([language.value, 'code'] as const)
  const digits = amount.split('.')[1]?.length ?? 0
  return new Intl.NumberFormat(locale, {
    ...{ style: 'currency', currency, currencyDisplay },
    ...{ minimumFractionDigits: digits, maximumFractionDigits: digits },
  }).format(Number(amount))
}

/** For the title beside what `usd` shows. */
export function exact(amount: string): string {
  return `${amount} USD`
}

/** Whole digits, grouped; never 萬. */
export function count(value: number): string {
  return new Intl.NumberFormat(language.value, { maximumFractionDigits: 0 }).format(value)
}

/** `0.0123` as `1.2%`. */
export function percent(share: number): string {
  return new Intl.NumberFormat(language.value, {
    style: 'percent',
    maximumFractionDigits: 1,
  }).format(share)
}

/** `2.9126` as `+2.91%`: how many percent more or less. */
export function difference(percent: string): string {
  return new Intl.NumberFormat(language.value, {
    ...{ style: 'percent', signDisplay: 'exceptZero', maximumFractionDigits: 2 },
  }).format(Number(percent) / 100)
}

/** The reader's time, without the year when it is this one; `utc` is for the title. `seconds`: where calls are told apart. */
export function time(iso: string, seconds = false): string {
  const at = new Date(iso)
  return new Intl.DateTimeFormat(language.value, {
    ...(at.getFullYear() !== new Date().getFullYear() && { year: 'numeric' }),
    ...{ month: 'short', day: 'numeric' },
    ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
    ...(seconds && { second: '2-digit' }),
  }).format(at)
}

export function date(iso: string): string {
  return new Intl.DateTimeFormat(language.value, { dateStyle: 'medium' }).format(new Date(iso))
}

export function utc(iso: string): string {
  return `${iso.slice(0, 19).replace('T', ' ')} UTC`
}

export function milliseconds(ms: number | null): string {
  if (ms === null) return '–'
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
}

/** How often: in the largest unit that is whole. */
export function interval(ms: number): string {
  if (ms % 3_600_000 === 0) return `${ms / 3_600_000} h`
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`
}

export const timeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone
