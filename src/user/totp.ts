/** Codes of an authenticator app (RFC 6238): six digits, thirty seconds, one step of tolerance either way. */
import { Secret, TOTP } from 'otpauth'

const periodMs = 30_000

export const newTotpSecret = () => new Secret({ size: 20 }).base32

/** What the QR code holds. */
export function totpUri(secret: string, issuer: string, label: string): string {
  return totp(secret, issuer, label).toString()
}

/** The step that the code is of; null when it is of none near now. */
export function totpStep(secret: string, code: string, now: number): number | null {
  if (!/^\d{6}$/.test(code)) return null
  const delta = totp(secret).validate({ token: code, timestamp: now, window: 1 })
  return delta === null ? null : Math.floor(now / periodMs) + delta
}

function totp(secret: string, issuer = 'kkai', label = ''): TOTP {
  const period = periodMs / 1000
  return new TOTP({ secret: Secret.fromBase32(secret), issuer, label, digits: 6, period })
}
