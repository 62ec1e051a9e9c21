/**
 * Passwords: argon2id with 19 MiB and two passes (OWASP), two at a time so that log-ins cannot take all memory. What is short,
 * well known, the platform's name or the address itself is refused.
 */
import { AppError } from '../base/error.ts'

const cost = { algorithm: 'argon2id', memoryCost: 19_456, timeCost: 2 } as const
const atOnce = 2
const shortest = 10
const longest = 200
const known =
  /^(?:(?:password|passw0rd|qwertyuiop|qwerty|letmein|welcome|iloveyou|administrator|admin|changeme|abc|kkai|kkcompany|aiplatform)[\d!@#$.]*|1?234567890?1?2?3?4?5?6?|0?123456789\d*|(.)\1+|(..?.?)\2+)$/i

let running = 0
const waiting: (() => void)[] = []

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= atOnce) await new Promise<void>((turn) => waiting.push(turn))
  else running++
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}

/** Refuses with `weak_password`, about the field `password`. */
export function checkPassword(password: string, email: string): void {
  const told = password.normalize('NFC')
  const same = told.toLowerCase() === email || told.toLowerCase() === email.split('@')[0]
  if (told.length < shortest || told.length > longest || known.test(told) || same) {
    throw new AppError('weak_password', { param: 'password' })
  }
}

export function hashPassword(password: string): Promise<string> {
  return inTurn(() => Bun.password.hash(password.normalize('NFC'), cost))
}

let nobody: Promise<string> | null = null

/** For a user who is not there, or has no password, as much work is done: time tells nothing. */
export async function verifyPassword(password: string, hash: string | null): Promise<boolean> {
  nobody ??= hashPassword('nobody has this password')
  const against = hash ?? (await nobody)
  const right = await inTurn(() =>
    Bun.password.verify(password.normalize('NFC').slice(0, 4096), against),
  )
  return right && hash !== null
}
