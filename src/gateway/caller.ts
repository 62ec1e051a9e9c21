/** Who calls: the key that a request carries, whether it may be used from there, and the address it comes from. */
import { isWithin } from '../base/address.ts'
import { AppError } from '../base/error.ts'
import { type AnyServer, clientAddress } from '../http/address.ts'
import type { Key } from '../key/key.ts'
import type { Gateway } from './gateway.ts'

/** Refuses with 400 what is ambiguous, with 401 what is no key, with 403 what may not be used. Waits only for a new key. */
export function authorize(app: Gateway, request: Request, server: AnyServer): Key | Promise<Key> {
  const secret = secretOf(request)
  if (secret === null) throw new AppError('invalid_api_key')
  const found = app.keys.find(secret)
  if (found instanceof Promise) return found.then((key) => permit(app, key, request, server))
  return permit(app, found, request, server)
}

/** Of a key that may be used at all: whether it may call. */
export function requireInference({ purpose }: Key): void {
  if (purpose === 'management') throw new AppError('management_key')
}

export function hasCredential({ headers, url }: Request): boolean {
  return headers.has('authorization') || headers.has('x-api-key') || hasKey(url)
}

/** Addresses are logged on their way: a key in one is known to others. */
const hasKey = (url: string) => url.includes('sk-kk-')

function secretOf({ headers, url }: Request): string | null {
  if (hasKey(url)) throw new AppError('key_in_url')
  const authorization = headers.get('authorization')
  const bearer = authorization === null ? null : /^bearer +(\S+)\s*$/i.exec(authorization)?.[1]
  const plain = headers.get('x-api-key')
  if (bearer && plain !== null && bearer !== plain) throw new AppError('ambiguous_credentials')
  return bearer ?? plain
}

function permit(app: Gateway, key: Key | null, request: Request, server: AnyServer): Key {
  const now = app.clock.now()
  if (key === null || key.state !== 'active') throw new AppError('invalid_api_key')
  if (key.expiresAt !== null && key.expiresAt <= now) throw new AppError('invalid_api_key')
  permitAccount(app, key)
  if (key.ips !== null) {
    const address = clientAddress(request, server, app.settings.trustedProxies)
    if (!isWithin(address, key.ips)) throw new AppError('ip_not_allowed')
  }
  return key
}

/** Refuses with 403 what the key's account may not do now, or not yet. */
export function permitAccount(app: Gateway, { account }: Key): void {
  if (account.state === 'suspended') throw new AppError('account_suspended')
  if (account.state === 'closed') throw new AppError('account_closed')
  if (!account.verified) throw new AppError('email_unverified')
  if (account.termsFrom !== null && account.termsFrom <= app.clock.now()) {
    throw new AppError('terms_not_accepted', {
      message: `The terms have changed. Accept them at ${app.publicUrl()}/accept, then call again.`,
    })
  }
}

/** What the caller names itself, for its usage records. */
export function callerName({ headers }: Request): string | null {
  const name = headers.get('x-title') ?? headers.get('http-referer')
  return name === null ? null : name.slice(0, 200)
}
