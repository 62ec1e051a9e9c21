/** All that the routes of people work with, over a test's store: real sessions, a real outbox, a clock that the test moves. */
import { and, eq } from 'drizzle-orm'
import { silentLog } from '../../src/base/log.ts'
import { newSealingKey } from '../../src/base/secret.ts'
import type { Billing } from '../../src/billing/billing.ts'
import { readSettings } from '../../src/config.ts'
import { openIssuers } from '../../src/invoices/list.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import { openBusiness } from '../../src/legal/business.ts'
import { openOutbox } from '../../src/mail/outbox.ts'
import { openProcessors } from '../../src/processors/list.ts'
import { mail, member, user } from '../../src/store/people.ts'
import { account } from '../../src/store/schema.ts'
import type { People } from '../../src/user/people.ts'
import { openSessions } from '../../src/user/session.ts'
import { now, type TestStore } from './database.ts'

export interface TestPeople extends Billing {
  store: TestStore
  clock: { now(): number; elapsed(): number; move(ms: number): void }
  /** How often the keys in memory were forgotten. */
  forgotten(): number
}

export async function openPeople(
  store: TestStore,
  settings: Record<string, string> = {},
): Promise<TestPeople> {
  let passed = 0
  let forgotten = 0
  const clock = {
    now: () => now + passed,
    elapsed: () => passed,
    move: (ms: number) => {
      passed += ms
    },
  }
  const { config } = readSettings({ public_url: 'https://ai.example.com', ...settings }, {})
  const brand = () => ({ platform: 'AI', publicUrl: 'https://ai.example.com' })
  return {
    ...{ store, clock, config, log: silentLog, sealingKey: newSealingKey() },
    sessions: openSessions(store, config, clock),
    outbox: openOutbox(clock, brand),
    business: await openBusiness(store),
    ledger: openLedger(store),
    processors: openProcessors(config, clock),
    issuers: openIssuers(config, clock),
    publicUrl: () => brand().publicUrl,
    forgetKeys: () => {
      forgotten++
    },
    forgotten: () => forgotten,
  }
}

/** A user with a confirmed address and no account; her id is her name. */
export async function newUser(
  { store }: Pick<People, 'store'>,
  id: string,
  more: Partial<typeof user.$inferInsert> = {},
): Promise<string> {
  const row = { id, name: id, email: `${id}@example.com`, emailVerifiedAt: now, createdAt: now }
  await store.write((db) => [db.insert(user).values({ ...row, ...more })])
  return id
}

type Role = typeof member.$inferInsert.role

/** An account by that name with those members, who are users already or are made. */
export async function newTeam(
  people: Pick<People, 'store'>,
  id: string,
  members: Record<string, Role>,
): Promise<string> {
  const { store } = people
  const ids = (await store.db.select({ id: user.id }).from(user)).map((row) => row.id)
  for (const one of Object.keys(members)) if (!ids.includes(one)) await newUser(people, one)
  await store.write((db) => [
    db.insert(account).values({ id, kind: 'entity', name: id, createdAt: now }),
    ...Object.entries(members).map(([userId, role]) =>
      db.insert(member).values({ accountId: id, userId, role, createdAt: now }),
    ),
  ])
  return id
}

/** Members of an account with their roles. */
export async function rolesIn({ store }: Pick<People, 'store'>, accountId: string) {
  const rows = await store.db.select().from(member).where(eq(member.accountId, accountId))
  return Object.fromEntries(rows.map(({ userId, role }) => [userId, role]))
}

/** The texts of what was mailed to that user by kind. */
export async function mailsTo({ store }: Pick<People, 'store'>, who: string, kind: string) {
  const to = and(eq(mail.recipient, `${who}@example.com`), eq(mail.kind, kind))
  return (await store.db.select().from(mail).where(to)).map(({ text }) => text ?? '')
}
