/** Time as Taiwan's payment and invoice services write it: `2026/11/24 20:30:00`, eight hours before UTC all year. */

const offsetMs = 8 * 3_600_000

export function writeTaipei(ms: number, separator: '/' | '-'): string {
  const [date = '', time = ''] = new Date(ms + offsetMs).toISOString().split(/[T.]/)
  return `${date.replaceAll('-', separator)} ${time}`
}

/** Milliseconds since 1970; null for what is no such time. */
export function readTaipei(text: string): number | null {
  const found = /^(\d{4})[/-](\d\d)[/-](\d\d)(?: (\d\d:\d\d:\d\d))?$/.exec(text)
  if (!found) return null
  const [, year, month, day, time = '00:00:00'] = found
  const ms = Date.parse(`${year}-${month}-${day}T${time}+08:00`)
  return Number.isNaN(ms) ? null : ms
}
