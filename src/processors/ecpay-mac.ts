/**
 * CheckMacValue, ECPay's signature over the fields of a form: sorted by name, wrapped in the two secrets, encoded as .NET
 * does, hashed with SHA-256 (https://developers.ecpay.com.tw/?p=2902). Whoever has the secrets can make one; nobody else.
 */
import { createHash, timingSafeEqual } from 'node:crypto'

export type Fields = Readonly<Record<string, string>>

export interface MacKeys {
  hashKey: string
  hashIv: string
}

/** The field itself is left out. */
export function macOf(fields: Fields, { hashKey, hashIv }: MacKeys): string {
  const sorted = Object.entries(fields)
    .filter(([name]) => name !== 'CheckMacValue')
    .map(([name, value]) => ({ key: name.toLowerCase(), pair: `${name}=${value}` }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ pair }) => pair)
  const wrapped = [`HashKey=${hashKey}`, ...sorted, `HashIV=${hashIv}`].join('&')
  return createHash('sha256').update(encodeDotNet(wrapped)).digest('hex').toUpperCase()
}

export function sign(fields: Fields, keys: MacKeys): Record<string, string> {
  return { ...fields, CheckMacValue: macOf(fields, keys) }
}

/** Takes the same time however wrong it is. */
export function isSigned(fields: Fields, keys: MacKeys): boolean {
  const expected = Buffer.from(macOf(fields, keys))
  const given = Buffer.from((fields.CheckMacValue ?? '').toUpperCase())
  return given.length === expected.length && timingSafeEqual(given, expected)
}

/** As `HttpUtility.UrlEncode`, in lower case: only letters, digits and -_.!*() stay, a space is a plus. */
function encodeDotNet(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replaceAll('~', '%7e')
    .replaceAll("'", '%27')
    .toLowerCase()
}

/** A body of type application/x-www-form-urlencoded; null where a name comes twice, for then nobody knows what was signed. */
export function readForm(text: string): Record<string, string> | null {
  const pairs = [...new URLSearchParams(text)]
  const fields = Object.fromEntries(pairs)
  return Object.keys(fields).length === pairs.length ? fields : null
}
