/**
 * What who runs the platform may do: `admin: 'money'` on a route under `/api/admin`. Who is no admin meets 404, as if there
 * were nothing; an admin whose role does not go so far, 403. What changes money asks for a recent proof of who she is. What
 * changes anything, and every look at an account's content, is written down before it is done (`audit.ts`), and then how it
 * ended: one that a rule refuses, such as the last owner's or one that came too late, stays with the refusal's code. What was no
 * act leaves no row: a form that is not filled in rightly, a role that does not go so far, a log-in that is not recent.
 */
import { Elysia, t } from 'elysia'
import { AppError } from '../base/error.ts'
import { ownHeaders } from '../http/answer.ts'
import { someText } from '../http/expected.ts'
import { factorsOf } from '../user/factor.ts'
import { refuseForeign, requireRecent, userGuard, visitorOf } from '../user/guard.ts'
import type { People } from '../user/people.ts'
import type { AdminRole, Visitor } from '../user/session.ts'
import { type Change, writeAct, writeOutcome } from './audit.ts'

const capabilities = {
  read: ['owner', 'operator', 'support', 'finance', 'auditor'],
  /** Accounts and users: suspend, reinstate, limits. */
  people: ['owner', 'operator', 'support'],
  /** What is sold and said: models, prices, channels, announcements; and to whom no more. */
  run: ['owner', 'operator'],
  money: ['owner', 'finance'],
  /** Looks into what an account asked and was answered [T4.4]. */
  investigate: ['owner', 'operator'],
  /** Who else is an admin. */
  own: ['owner'],
  /** The first steps of a new platform. */
  begin: ['owner'],
} as const satisfies Record<string, readonly AdminRole[]>
export type AdminCapability = keyof typeof capabilities

/** Text that says something. */
export const written = (maxLength: number) =>
  t.String({ minLength: 1, maxLength, pattern: someText })
/** Why she does it, for the record. */
export const reason = written(1000)

/** The acts that are under way, by their requests: their outcome is written when the answer is known. */
type UnderWay = WeakMap<Request, { id: string; change: Change }>

export function adminGuard(
  people: Pick<People, 'sessions' | 'clock' | 'store' | 'log' | 'business'>,
) {
  const underWay: UnderWay = new WeakMap()
  const end = async (request: Request, outcome: string) => {
    const act = underWay.get(request)
    if (!act) return
    underWay.delete(request)
    await writeOutcome(people, act.id, outcome, act.change)
  }
  return new Elysia({ name: 'admin-guard' }).use(userGuard(people)).macro({
    admin: (capability: AdminCapability) => ({
      resolve: async ({ request, set, params, body, route }) => {
        refuseForeign(request)
        Object.assign(set.headers, ownHeaders)
        const visitor = await visitorOf(people.sessions, request)
        if (visitor.adminRole === null) throw new AppError('not_found')
        if (!(capabilities[capability] as readonly AdminRole[]).includes(visitor.adminRole))
          throw new AppError('role_not_allowed')
        await requireFactor(people, visitor)
        const changes = request.method !== 'GET'
        if (changes && (capability === 'money' || capability === 'own'))
          requireRecent(visitor, people.clock.now())
        /** What the act changes: the route fills it. */
        const change: Change = {}
        if (changes || capability === 'investigate') {
          const act = {
            actor: { id: visitor.userId, role: visitor.adminRole },
            act: `${request.method} ${route}`,
            params: params ?? {},
            body,
          }
          underWay.set(request, { id: await writeAct(people, act), change })
        }
        return { visitor, change }
      },
      // Answered or refused: the only hook that sees both.
      afterResponse: (context) => {
        const { request, error } = context as { request: Request; error?: unknown }
        const refused = error instanceof AppError ? error.code : 'internal_error'
        return end(request, error === undefined ? 'done' : refused)
      },
    }),
  })
}

/** Where the operator asks for it, an admin without a second factor gets as far as her own settings. */
async function requireFactor(
  { business, store }: Pick<People, 'business' | 'store'>,
  { userId }: Visitor,
): Promise<void> {
  if (!business.current.requireAdminFactor) return
  if ((await factorsOf(store, userId)).length === 0) throw new AppError('admin_factor_required')
}
