/** Reads what was typed. Each refuses with `invalid_request`, naming the option. */
import { parseRange } from '../base/address.ts'
import { AppError, FatalError } from '../base/error.ts'
import { parseTime } from '../base/time.ts'

export function refuse(option: string, must: string, given: string): AppError {
  return new AppError('invalid_request', {
    param: option,
    message: `--${option} must be ${must}, not "${given}".`,
  })
}

export function readCount(text: string, option: string, most = 2 ** 31 - 1): number {
  const count = /^\d{1,10}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > most) throw refuse(option, `a whole number from 1 to ${most}`, text)
  return count
}

export function readNames(text: string, option: string): string[] {
  const names = text.split(',').map((name) => name.trim())
  if (names.includes('')) throw refuse(option, 'names divided by commas', text)
  return names
}

export function readRanges(text: string, option: string): string[] {
  const ranges = readNames(text, option)
  const wrong = ranges.find((range) => parseRange(range) === null)
  if (wrong !== undefined) throw refuse(option, 'addresses or ranges such as 10.0.0.0/8', wrong)
  return ranges
}

/** A date or time to come, UTC without a zone: `2027-01-31`, `2027-01-31T12:00:00Z`. */
export function readFuture(text: string, option: string, now: number): number {
  const time = parseTime(text)
  if (time === null || time <= now) throw refuse(option, 'a date to come, such as 2027-01-31', text)
  return time
}

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `0`, `90s`, `15m`, `24h`, `7d`, in ms. */
export function readDuration(text: string, option: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text === '0' ? '0s' : text) ?? []
  if (!count || !unit) throw refuse(option, 'a time such as 90s, 15m, 24h or 7d', text)
  return Number(count) * unitMs[unit as keyof typeof unitMs]
}

export function readChoice<const T extends string>(
  text: string,
  option: string,
  names: readonly T[],
): T {
  const found = names.find((name) => name === text)
  if (found === undefined) throw refuse(option, `one of ${names.join(', ')}`, text)
  return found
}

/** The text of a file that an argument names. */
export async function readText(path: string): Promise<string> {
  try {
    return await Bun.file(path).text()
  } catch (cause) {
    const message = `The file ${path} cannot be read. Check its name and your rights.`
    throw new FatalError(message, 2, cause)
  }
}
