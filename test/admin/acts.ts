/**
 * Every act of those who run the platform, as a request that would be done: what it is about is there, and its body is right.
 * Tests of what is refused, or comes twice, begin here, so that nothing is wrong but what they make wrong.
 */
import { eq, sql } from 'drizzle-orm'
import { announcement } from '../../src/store/credit.ts'
import { investigation } from '../../src/store/operator.ts'
import { user } from '../../src/store/people.ts'
import { account } from '../../src/store/schema.ts'
import { newTeam, newUser } from '../helpers/people.ts'
import { startTestServer } from '../helpers/server.ts'
import { catalogActs } from './acts-catalog.ts'
import { moneyActs } from './acts-money.ts'

export type Body = Record<string, unknown>
export interface Act {
  /** As the table of routes has it, behind `/api/admin`. */
  route: string
  /** Where one route does two things. */
  what?: string
  path?: Record<string, string>
  body?: Body
  /**
   * Of twenty at once: `one` is done, and the others are told that they are not; all are the `same`, which is done once; `each`
   * is a thing of its own; or `any` is done or told, as it comes.
   */
  twenty: 'one' | 'same' | 'each' | 'any'
  /** Fields of another one about the same thing, made from the same state: of the two one is told. */
  rival?: Body
}
export type Platform = Awaited<ReturnType<typeof startTestServer>> & { now: number }

export const because = { reason: 'as the terms say' }
export const dayMs = 86_400_000
export const usd = 1_000_000_000n

/** The acts, and what Olga, who owns the platform, is answered. */
export async function openActs() {
  const platform = { ...(await startTestServer()), now: Date.now() }
  const { parts, server } = platform
  await newUser(parts, 'olga', { adminRole: 'owner' })
  const cookie = (await parts.sessions.open('olga', { address: '127.0.0.1', agent: null })).split(
    ';',
  )[0]
  const acts = [
    ...(await peopleActs(platform)),
    ...(await moneyActs(platform)),
    ...(await catalogActs(platform)),
  ]
  /** `body` as it is written; null for none. */
  async function send({ route, path = {} }: Act, body: string | null) {
    const [method = '', to = ''] = route.split(' ')
    const filled = to.replaceAll(/:(\w+)/g, (_, name) => path[name] ?? '')
    const answer = await fetch(`${server.url}/api/admin${filled}`, {
      method,
      headers: { cookie: cookie ?? '', 'content-type': 'application/json' },
      ...(body !== null && { body }),
    })
    const text = await answer.text()
    return { status: answer.status, text, json: JSON.parse(text) }
  }
  return { ...platform, acts, send, rows: () => readRows(platform) }
}

/** Written by the platform's own clockwork, or for each act, even one that is refused. */
const beside = ['audit', 'audit_outcome', 'session', 'instance', 'mail', 'milestone', 'told']

/** Every row of every table, to compare. */
async function readRows({ store: { db } }: Platform) {
  const tables = await db.all<[string]>(sql`SELECT name FROM sqlite_master WHERE type = 'table'`)
  const names = tables.map(([name]) => name).filter((name) => !beside.includes(name))
  const all = names.map(async (name) => [
    name,
    await db.all<unknown[]>(sql`SELECT * FROM ${sql.identifier(name)}`),
  ])
  return Object.fromEntries(await Promise.all(all)) as Record<string, unknown[][]>
}

/** For `test.each`. */
export const named = (acts: Act[]) =>
  acts.map((act) => [act.route + (act.what ? `, ${act.what}` : ''), act] as const)

async function peopleActs({ parts, store, now }: Platform): Promise<Act[]> {
  for (const one of ['sue', 'rae', 'fay', 'may', 'pam']) await newUser(parts, one)
  for (const one of ['suspended', 'reinstated', 'terminated', 'tiered', 'watched'])
    await newTeam(parts, one, { [`${one}-owner`]: 'owner' })
  await store.write((db) => [
    db.update(user).set({ state: 'suspended' }).where(eq(user.id, 'rae')),
    db.update(user).set({ totpSecret: 's', totpConfirmedAt: now }).where(eq(user.id, 'fay')),
    db.update(account).set({ state: 'suspended' }).where(eq(account.id, 'reinstated')),
    db.insert(announcement).values({
      ...{ id: 'ann_1', kind: 'announcement', titleEn: 't', titleZh: 't', textEn: 't' },
      ...{
        textZh: 't',
        showsAt: now,
        toldAt: now,
        mail: false,
        publishedBy: 'olga',
        createdAt: now,
      },
    }),
    db.insert(investigation).values({
      ...{ id: 'ivg_1', accountId: 'watched', reason: 'r', openedBy: 'olga', openedAt: now },
      endsAt: now + dayMs,
    }),
  ])
  const of = (account: string) => ({ path: { account }, body: because })
  const to = (user: string) => ({ path: { user }, body: because })
  const words = { title_en: 'News', title_zh: '消息', text_en: 'Read it', text_zh: '請看' }
  const ends_at = new Date(now + dayMs).toISOString()
  return [
    { route: 'POST /accounts/:account/suspend', ...of('suspended'), twenty: 'one' },
    { route: 'POST /accounts/:account/reinstate', ...of('reinstated'), twenty: 'one' },
    {
      ...{ route: 'POST /accounts/:account/terminate', ...of('terminated'), twenty: 'one' },
      body: { name: 'terminated', ...because },
    },
    {
      ...{ route: 'PUT /accounts/:account/tier', ...of('tiered'), twenty: 'same' },
      body: { tier: Object.keys(parts.config.tiers).at(-1), ...because },
    },
    { route: 'POST /users/:user/suspend', ...to('sue'), twenty: 'one' },
    { route: 'POST /users/:user/reinstate', ...to('rae'), twenty: 'one' },
    { route: 'POST /users/:user/reset-factor', ...to('fay'), twenty: 'one' },
    { route: 'POST /users/:user/reset-mail', path: { user: 'may' }, twenty: 'each' },
    { route: 'PUT /admins', body: { require_factor: false }, twenty: 'same' },
    {
      ...{ route: 'PUT /admins/:user', path: { user: 'pam' }, twenty: 'same' },
      body: { role: 'support' },
    },
    {
      ...{ route: 'POST /announcements', twenty: 'each' },
      body: { kind: 'announcement', ...words, shows_at: ends_at, ends_at: null, mail: false },
    },
    {
      ...{ route: 'POST /documents', twenty: 'same', rival: { text_en: 'Other terms' } },
      body: {
        ...{ kind: 'terms', version: 'next', material: false, effective_at: ends_at },
        ...{ text_en: 'Terms', text_zh: '條款', summary_en: 'New', summary_zh: '新版' },
      },
    },
    { route: 'POST /announcements/:id/withdraw', path: { id: 'ann_1' }, twenty: 'same' },
    {
      ...{ route: 'POST /investigations', twenty: 'each' },
      body: { account: 'watched', key: null, ends_at, ...because },
    },
    {
      ...{ route: 'POST /investigations/:investigation/end', path: { investigation: 'ivg_1' } },
      twenty: 'one',
    },
  ]
}
