/** The arithmetic of amounts as they are shown: no digit is lost to floating point. */

/** Exactly, in whole digits: units × USD per million, with as many decimals as that has. */
export function times(units: number, perMillion: string): string {
  const [whole = '0', part = ''] = perMillion.split('.')
  const product = BigInt(units) * BigInt(whole + part)
  const digits = product.toString().padStart(part.length + 7, '0')
  const point = digits.length - part.length - 6
  return `${digits.slice(0, point)}.${digits.slice(point)}`.replace(/\.?0+$/, '')
}

/** The sum of decimal strings, with as many decimals as the longest of them. */
export function sumOf(amounts: readonly string[]): string {
  const decimals = Math.max(...amounts.map((text) => text.split('.')[1]?.length ?? 0))
  const total = amounts.reduce((sum, text) => {
    const [whole = '0', fraction = ''] = text.split('.')
    return sum + BigInt(whole + fraction.padEnd(decimals, '0'))
  }, 0n)
  const digits = (total < 0n ? -total : total).toString().padStart(decimals + 1, '0')
  const at = digits.length - decimals
  const fraction = decimals > 0 ? `.${digits.slice(at)}` : ''
  return `${total < 0n ? '-' : ''}${digits.slice(0, at)}${fraction}`
}
