/** Sessions of the dashboard. */
import type { Clock } from '../base/clock.ts'
import type { Config } from '../config.ts'
import type { Store } from '../store/store.ts'

export type AdminRole = 'owner' | 'operator' | 'support' | 'finance' | 'auditor'

/** Who is signed in, as a route sees her. */
export interface Visitor {
  sessionId: string
  userId: string
  email: string
  name: string
  language: 'en' | 'zh-TW'
  /** Whether her address is confirmed. */
  verified: boolean
  adminRole: AdminRole | null
  /** When she last proved who she is: password, second factor, passkey or a log-in elsewhere. */
  recentAt: number
}

export interface Sessions {
  /** Opens a session and answers the `Set-Cookie` value. Called only once every factor was checked. */
  open(userId: string, from: { address: string; agent: string | null }): Promise<string>
  /** The visitor whose cookie the request carries; null when there is none, or it ended, or the user may not sign in. */
  find(request: Request): Promise<Visitor | null>
  /** Notes that the user has just proved who she is. A new session id: answers the `Set-Cookie` value. */
  renew(visitor: Visitor, from: { address: string; agent: string | null }): Promise<string>
  /** The `Set-Cookie` value that removes the cookie. */
  readonly blank: string
}

export function openSessions(_store: Store, _config: Config, _clock: Clock): Sessions {
  throw new Error('to be written')
}
