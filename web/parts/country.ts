/** Countries by the browser's own names for them, in the reader's language. */
import { language } from '../language.ts'

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
/** Named by browsers, but no countries: unions, and codes for tests. */
const others = new Set(['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ'])

export function countryOptions(): [code: string, name: string][] {
  const names = new Intl.DisplayNames(language.value, { type: 'region', fallback: 'none' })
  return letters
    .flatMap((first) => letters.map((second) => first + second))
    .filter((code) => !others.has(code) && isCurrent(code))
    .flatMap((code): [string, string][] => {
      const name = names.of(code)
      return name ? [[code, name]] : []
    })
    .sort(([, a], [, b]) => a.localeCompare(b, language.value))
}

export const countryName = (code: string) =>
  new Intl.DisplayNames(language.value, { type: 'region' }).of(code) ?? code

/** Codes of countries that are no more become those of their successors. */
function isCurrent(code: string): boolean {
  return Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`
}
