/** What the visitor may do as an admin, to show only what works. The server decides (`admin/guard.ts`). */
import { session } from '../session.ts'

const capabilities = {
  read: ['owner', 'operator', 'support', 'finance', 'auditor'],
  people: ['owner', 'operator', 'support'],
  run: ['owner', 'operator'],
  money: ['owner', 'finance'],
  investigate: ['owner', 'operator'],
  own: ['owner'],
} as const

export function mayAdmin(capability: keyof typeof capabilities): boolean {
  const role = session.value?.visitor?.admin_role ?? null
  return role !== null && (capabilities[capability] as readonly string[]).includes(role)
}
