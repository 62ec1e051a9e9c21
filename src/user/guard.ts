/**
 * Who may use a route of the dashboard's API. Each route names it, so that none is open by being forgotten: `open: true`
 * for everyone, `user: 'any'` or `'recent'` for who is signed in; `account/guard.ts` adds what a member may. Whatever changes
 * something must come from our own pages: a browser names the page's origin, and another one is refused (CSRF).
 */
import { Elysia } from 'elysia'
import { AppError } from '../base/error.ts'
import { ownHeaders } from '../http/answer.ts'
import { strictBodies } from '../http/strict.ts'
import type { People } from './people.ts'
import type { Visitor } from './session.ts'

/** How long a proof of who she is counts for what is sensitive. */
export const recentMs = 10 * 60_000

export function userGuard({ sessions, clock }: Pick<People, 'sessions' | 'clock'>) {
  return new Elysia({ name: 'user-guard' }).use(strictBodies).macro({
    open: (_: true) => ({
      resolve: ({ request, set }) => {
        refuseForeign(request)
        Object.assign(set.headers, ownHeaders)
        return {}
      },
    }),
    user: (proof: 'any' | 'recent') => ({
      resolve: async ({ request, set }) => {
        refuseForeign(request)
        Object.assign(set.headers, ownHeaders)
        const visitor = await visitorOf(sessions, request)
        if (proof === 'recent') requireRecent(visitor, clock.now())
        return { visitor }
      },
    }),
  })
}

export function requireRecent({ recentAt }: Visitor, now: number): void {
  if (now - recentAt > recentMs) throw new AppError('recent_login_required')
}

/** Refuses with `session_required`. */
export async function visitorOf(sessions: People['sessions'], request: Request): Promise<Visitor> {
  const visitor = await sessions.find(request)
  if (visitor === null) throw new AppError('session_required')
  return visitor
}

/** What only looks may come by a link from anywhere. */
export function refuseForeign({ method, headers }: Request): void {
  if (method !== 'GET' && method !== 'HEAD' && isForeign(headers)) {
    throw new AppError('foreign_origin')
  }
}

/** Browsers say where a request comes from; what says nothing is no browser and carries no one's cookie unasked. */
export function isForeign(headers: Headers): boolean {
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  return (
    (site !== null && site !== 'same-origin') ||
    (origin !== null && URL.parse(origin)?.host !== headers.get('host'))
  )
}
