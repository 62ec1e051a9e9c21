/** The routes of those who run the platform over real HTTP, with an admin for each role: she is named after it. */
import { eq, sql } from 'drizzle-orm'
import type { Http } from '../../src/http/server.ts'
import { audit, auditOutcome } from '../../src/store/operator.ts'
import { open } from '../http/open.ts'
import { newUser, type TestPeople } from './people.ts'

const roles = ['owner', 'operator', 'support', 'finance', 'auditor'] as const

export async function openAdmin(people: TestPeople, mount: (http: Http) => unknown) {
  for (const adminRole of roles) await newUser(people, adminRole, { adminRole })
  const { url } = open(mount)
  /** Status and body of what is answered to who has just logged in. */
  async function ask(who: string, method: string, path: string, body?: unknown) {
    // Acts are told apart by their time.
    people.clock.move(1)
    const cookie = await people.sessions.open(who, { address: '192.0.2.9', agent: null })
    const response = await fetch(`${url}/api/admin${path}`, {
      method,
      headers: { cookie: cookie.split(';')[0] ?? '', 'content-type': 'application/json' },
      ...(body !== undefined && method !== 'GET' && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.includes('json')
    return { status: response.status, body: isJson ? JSON.parse(text) : text }
  }
  /** The code and the field of a refusal. */
  async function refused(...args: Parameters<typeof ask>): Promise<(string | null)[]> {
    const { error } = (await ask(...args)).body
    return [error?.code ?? 'none', error?.param ?? null]
  }
  /** What was written of acts of that kind, once all have their outcome. */
  async function acts(act: string) {
    const { db } = people.store
    const unanswered = sql`NOT EXISTS (SELECT 1 FROM audit_outcome o WHERE o.audit_id = audit.id)`
    for (let tries = 0; tries < 100; tries++) {
      const [open] = await db.select().from(audit).where(unanswered)
      if (!open) break
      await Bun.sleep(10)
    }
    const rows = await db
      .select()
      .from(audit)
      .innerJoin(auditOutcome, eq(auditOutcome.auditId, audit.id))
      .where(eq(audit.act, act))
      .orderBy(audit.id)
    return rows.map(({ audit: row, audit_outcome }) => ({ ...row, ...audit_outcome }))
  }
  return { ask, refused, acts }
}
