/** The arithmetic of a charge as it is shown: no digit is lost to floating point. */

/** Exactly, in whole digits: units × USD per million, with as many decimals as that has. */
export function times(units: number, perMillion: string): string {
  const [whole = '0', part = ''] = perMillion.split('.')
  const product = BigInt(units) * BigInt(whole + part)
  const digits = product.toString().padStart(part.length + 7, '0')
  const point = digits.length - part.length - 6
  return `${digits.slice(0, point)}.${digits.slice(point)}`.replace(/\.?0+$/, '')
}
