/**
 * What a member may do: `may: 'develop'` on a route of one account (`…/accounts/:account/…`). Who is no member meets 404, as
 * if there were no such account; who is one but may not, 403. Read for every request, so a change counts at once.
 */

import { and, eq } from 'drizzle-orm'
import { Elysia } from 'elysia'
import { AppError } from '../base/error.ts'
import { ownHeaders } from '../http/answer.ts'
import { member as memberTable } from '../store/people.ts'
import { account } from '../store/schema.ts'
import { refuseForeign, userGuard, visitorOf } from '../user/guard.ts'
import type { People } from '../user/people.ts'

export const roles = ['owner', 'admin', 'billing', 'developer', 'read-only'] as const
export type Role = (typeof roles)[number]

/** read: see all of it. develop: keys and calls. bill: money. manage: members and settings. own: close, name owners. */
const capabilities = {
  read: roles,
  develop: ['owner', 'admin', 'developer'],
  bill: ['owner', 'admin', 'billing'],
  manage: ['owner', 'admin'],
  own: ['owner'],
} as const satisfies Record<string, readonly Role[]>
export type Capability = keyof typeof capabilities

export interface Member {
  accountId: string
  role: Role
  /** A suspended account may be read; nothing in it may be changed. */
  accountState: 'active' | 'suspended'
}

type Guarded = Pick<People, 'sessions' | 'clock' | 'store' | 'business'>

export function accountGuard(people: Guarded) {
  return new Elysia({ name: 'account-guard' }).use(userGuard(people)).macro({
    may: (capability: Capability) => ({
      resolve: async ({ request, params, set }) => {
        refuseForeign(request)
        Object.assign(set.headers, ownHeaders)
        const visitor = await visitorOf(people.sessions, request)
        const { account: id = '' } = params as Record<string, string>
        const member = await findMember(people, id, visitor.userId)
        if (member === null) throw new AppError('not_found')
        if (!mayRole(member.role, capability)) throw new AppError('role_not_allowed')
        // What a stranger made in her name before would outlive her own first log-in.
        if (capability !== 'read' && !visitor.verified && people.business.current.requireVerified) {
          throw new AppError('email_unverified')
        }
        return { visitor, member }
      },
    }),
  })
}

export function mayRole(role: Role, capability: Capability): boolean {
  return (capabilities[capability] as readonly Role[]).includes(role)
}

/** In a suspended account nothing is changed but by leaving and closing it. */
export function requireActive({ accountState }: Member): void {
  if (accountState === 'suspended') throw new AppError('account_suspended')
}

/** Null for who is no member, and once the account is closed. */
export async function findMember(
  { store }: Pick<People, 'store'>,
  accountId: string,
  userId: string,
): Promise<Member | null> {
  const [row] = await store.db
    .select({ role: memberTable.role, state: account.state })
    .from(memberTable)
    .innerJoin(account, eq(account.id, memberTable.accountId))
    .where(and(eq(memberTable.accountId, accountId), eq(memberTable.userId, userId)))
  if (!row || row.state === 'closed') return null
  return { accountId, role: row.role, accountState: row.state }
}
