/** An e-mail address in one form, so that no one is two people by writing it differently. */
import { AppError } from './error.ts'

/** Trimmed, lower case, composed; `invalid_email` for what is none. */
export function normaliseEmail(text: string): string {
  const email = text.trim().normalize('NFC').toLowerCase()
  if (email.length > 254 || !/^[^\s@"(),:;<>[\\\]]+@[^\s@.]+(\.[^\s@.]+)+$/.test(email)) {
    throw new AppError('invalid_email', { param: 'email' })
  }
  return email
}
