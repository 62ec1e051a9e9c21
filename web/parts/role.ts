/** What the visitor may do in an account, to show only what works. The server decides (`account/guard.ts`). */

import { words } from '../language.ts'
import { session } from '../session.ts'

export const roles = ['owner', 'admin', 'billing', 'developer', 'read-only'] as const
export type Role = (typeof roles)[number]

const capabilities = {
  develop: ['owner', 'admin', 'developer'],
  bill: ['owner', 'admin', 'billing'],
  manage: ['owner', 'admin'],
  own: ['owner'],
} as const satisfies Record<string, readonly Role[]>

const accountOf = (accountId: string | undefined) =>
  session.value?.visitor?.accounts.find(({ id }: { id: string }) => id === accountId)

export const isSuspended = (accountId: string) => accountOf(accountId)?.state === 'suspended'

/** A suspended account may be read only. */
export function may(accountId: string | undefined, capability: keyof typeof capabilities): boolean {
  const account = accountOf(accountId)
  if (account?.state !== 'active') return false
  return (capabilities[capability] as readonly string[]).includes(account.role)
}

export const roleNames = words({
  en: {
    owner: 'Owner',
    admin: 'Admin',
    billing: 'Billing',
    developer: 'Developer',
    'read-only': 'Read only',
  } as Record<Role, string>,
  'zh-TW': {
    owner: '擁有者',
    admin: '管理員',
    billing: '帳務人員',
    developer: '開發人員',
    'read-only': '唯讀',
  },
})

/** An owner gives any role; an admin any but an owner's. */
export function rolesToGive(account: string): readonly Role[] {
  return may(account, 'own') ? roles : roles.filter((role) => role !== 'owner')
}
