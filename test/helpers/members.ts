/** People in accounts, and the dashboard's routes over real HTTP: who asks is named by a header instead of a session. */
import { silentLog } from '../../src/base/log.ts'
import type { Http } from '../../src/http/server.ts'
import { member, user } from '../../src/store/people.ts'
import type { People } from '../../src/user/people.ts'
import type { Visitor } from '../../src/user/session.ts'
import { clock, open } from '../http/open.ts'
import type { TestStore } from './database.ts'

const now = clock.now()
type Role = typeof member.$inferInsert.role

export interface Dashboard {
  people: People
  /** How often the keys in memory were forgotten. */
  forgotten(): number
  /** Status and body of what the dashboard answers that person. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what came and compares it
  ask<T = any>(who: string, method: string, path: string, body?: unknown): Promise<Answer<T>>
  text(who: string, path: string): Promise<string>
}
export interface Answer<T> {
  status: number
  body: T
}

/** `stale` logged in long ago; everyone else just now. */
export function openDashboard(store: TestStore, mount: (http: Http, people: People) => unknown) {
  let forgotten = 0
  const people = {
    ...{ store, clock, log: silentLog },
    business: { current: { requireVerified: true } },
    forgetKeys: () => {
      forgotten++
    },
    sessions: {
      find: async ({ headers }: Request) => {
        const userId = headers.get('x-user')
        const recentAt = userId === 'stale' ? 0 : now
        return userId === null ? null : ({ userId, recentAt, verified: true } as Visitor)
      },
    },
  } as unknown as People
  const { url } = open((http) => mount(http, people))
  const send = (who: string, method: string, path: string, body?: unknown) =>
    fetch(url + path, {
      method,
      headers: { 'x-user': who, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  return {
    people,
    forgotten: () => forgotten,
    ask: async (who, method, path, body) => {
      const response = await send(who, method, path, body)
      return { status: response.status, body: await response.json() }
    },
    text: async (who, path) => (await send(who, 'GET', path)).text(),
  } satisfies Dashboard as Dashboard
}

/** A user by that id who is a member of the account. Her address is confirmed. */
export async function addMember(
  store: TestStore,
  accountId: string,
  id: string,
  role: Role,
): Promise<void> {
  const row = { id, email: `${id}@example.com`, name: id, emailVerifiedAt: now, createdAt: now }
  await store.write((db) => [
    db.insert(user).values(row).onConflictDoNothing(),
    db.insert(member).values({ accountId, userId: id, role, createdAt: now }),
  ])
}
