/**
 * What who runs the platform may do: `admin: 'money'` on a route under `/api/admin`. Who is no admin meets 404, as if there
 * were nothing; an admin whose role does not go so far, 403. What changes money asks for a recent proof of who she is.
 */
import { Elysia } from 'elysia'
import { AppError } from '../base/error.ts'
import { refuseForeign, requireRecent, userGuard, visitorOf } from '../user/guard.ts'
import type { People } from '../user/people.ts'
import type { AdminRole } from '../user/session.ts'

const capabilities = {
  read: ['owner', 'operator', 'support', 'finance', 'auditor'],
  /** What is sold and said: models, prices, announcements. */
  run: ['owner', 'operator'],
  money: ['owner', 'finance'],
} as const satisfies Record<string, readonly AdminRole[]>
export type AdminCapability = keyof typeof capabilities

export function adminGuard(people: Pick<People, 'sessions' | 'clock'>) {
  return new Elysia({ name: 'admin-guard' }).use(userGuard(people)).macro({
    admin: (capability: AdminCapability) => ({
      resolve: async ({ request, set }) => {
        refuseForeign(request)
        set.headers['cache-control'] = 'no-store'
        const visitor = await visitorOf(people.sessions, request)
        if (visitor.adminRole === null) throw new AppError('not_found')
        if (!(capabilities[capability] as readonly AdminRole[]).includes(visitor.adminRole))
          throw new AppError('role_not_allowed')
        if (capability === 'money' && request.method !== 'GET')
          requireRecent(visitor, people.clock.now())
        return { visitor }
      },
    }),
  })
}
