/**
 * Tax by where the buyer is [T3.6]: the operator's rate for her country, or for all others (`*`). A tax id changes no such rate;
 * it is printed on the receipt, and its form is checked for countries whose form is known. What a processor that reckons the tax
 * itself is told of the buyer is here too.
 */
import { parsePercent } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import type { BusinessFacts } from '../legal/business.ts'
import type { TaxAsk } from '../processors/processor.ts'

/** Parts of a million; null where none is collected. */
export function taxRateOf(taxes: BusinessFacts['taxes'], country: string | null): bigint | null {
  const percent = (country !== null && ownOf(taxes, country)) || ownOf(taxes, '*')
  return percent ? parsePercent(percent, 'taxes') : null
}

const ownOf = (taxes: BusinessFacts['taxes'], name: string) =>
  Object.hasOwn(taxes, name) ? taxes[name] : undefined

/** EU VAT numbers by country, without the country's letters (Council Directive 2006/112/EC, art. 215). */
// biome-ignore format: a table is read by its rows
const europe: Record<string, string> = {
  AT: 'U\\d{8}', BE: '[01]\\d{9}', BG: '\\d{9,10}', CY: '\\d{8}[A-Z]', CZ: '\\d{8,10}', DE: '\\d{9}', DK: '\\d{8}',
  EE: '\\d{9}', ES: '[A-Z0-9]\\d{7}[A-Z0-9]', FI: '\\d{8}', FR: '[A-Z0-9]{2}\\d{9}', GR: '\\d{9}', HR: '\\d{11}',
  HU: '\\d{8}', IE: '\\d[A-Z0-9+*]\\d{5}[A-Z]{1,2}', IT: '\\d{11}', LT: '(\\d{9}|\\d{12})', LU: '\\d{8}', LV: '\\d{11}',
  MT: '\\d{8}', NL: '[A-Z0-9+*]{10}\\d{2}', PL: '\\d{10}', PT: '\\d{9}', RO: '\\d{2,10}', SE: '\\d{12}', SI: '\\d{8}',
  SK: '\\d{10}',
}
/** Greece writes its numbers by another code than its own. */
const lettersOf = (country: string) => (country === 'GR' ? 'EL' : country)

/** Answers the id as it is printed. Refuses with `invalid_request` what cannot be one of that country. */
export function checkTaxId(country: string | null, text: string): string {
  const id = text.replaceAll(/[\s.-]/g, '').toUpperCase()
  if (id.length <= 30 && isTaxId(country, id)) return id
  throw new AppError('invalid_request', {
    param: 'tax_id',
    message: 'That is no tax id of this country. Check it digit by digit.',
  })
}

function isTaxId(country: string | null, id: string): boolean {
  if (country === 'TW') return isUnifiedNumber(id)
  if (country === null || !Object.hasOwn(europe, country)) return /^[A-Z0-9/]{2,30}$/.test(id)
  const pattern = europe[country]
  return new RegExp(`^(${lettersOf(country)})?${pattern}$`).test(id)
}

/**
 * A Taiwanese 統一編號: digits × 1 2 1 2 1 2 4 1, the digits of the products summed, divisible by 5; where the seventh digit is
 * 7, its product 28 counts as 10, so as 1 or 0 (the rule of the Ministry of Finance since April 2023).
 */
function isUnifiedNumber(id: string): boolean {
  if (!/^\d{8}$/.test(id) || id === '00000000') return false
  let sum = 0
  for (const [at, weight] of [1, 2, 1, 2, 1, 2, 4, 1].entries()) {
    const product = Number(id[at]) * weight
    sum += Math.floor(product / 10) + (product % 10)
  }
  return sum % 5 === 0 || (id[6] === '7' && (sum + 1) % 5 === 0)
}

/** Of countries whose form is known, as processors name it; null of others, and of what was saved for another country. */
export function typedTaxId(country: string | null, id: string | null): TaxAsk['taxId'] {
  if (country === null || id === null || !isTaxId(country, id)) return null
  if (country === 'TW') return { type: 'tw_vat', value: id }
  if (!Object.hasOwn(europe, country)) return null
  const letters = lettersOf(country)
  return { type: 'eu_vat', value: id.startsWith(letters) ? id : `${letters}${id}` }
}

/** Where tax differs within the country: the ZIP code at the end of the address, or a Canadian postal code in it. */
export function postalCodeOf(country: string | null, address: string): string | null {
  const text = address.toUpperCase()
  if (country === 'US') {
    const end = /\b(\d{5}(-\d{4})?)[\s,.]*(U\.?S\.?(A\.?)?|UNITED STATES( OF AMERICA)?)?[\s,.]*$/
    return end.exec(text)?.[1] ?? null
  }
  const [, area, unit] = (country === 'CA' && /\b([A-Z]\d[A-Z])[ -]?(\d[A-Z]\d)\b/.exec(text)) || []
  return area === undefined ? null : `${area} ${unit}`
}
