/** Prices as an operator writes them: `2.50`, or with tiers by the length of the prompt `2.50, 272000: 5.00`. */
export type Price = string | { [leastTokens: string]: string }
export type Prices = Record<string, Price>

export function writePrice(price: unknown): string {
  if (typeof price !== 'object' || price === null) return String(price ?? '')
  return Object.entries(price as Record<string, string>)
    .map(([least, one]) => (least === '0' ? one : `${least}: ${one}`))
    .join(', ')
}

/** What cannot be read so is sent as it is: the server says what is wrong with it. */
export function readPrice(text: string): Price {
  if (!text.includes(',')) return text.trim()
  const tiers = text.split(',').map((part) => part.split(':').map((one) => one.trim()))
  return Object.fromEntries(
    tiers.map(([first = '', second]) => (second === undefined ? ['0', first] : [first, second])),
  )
}
