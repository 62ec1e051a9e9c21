/** What has ended is cleared away, and what has not stays. */
import { expect, test } from 'bun:test'
import type { Parts } from '../../src/admin/parts.ts'
import { expire } from '../../src/jobs/expire.ts'
import { attempt, delivery, mail, session, spent, ticket, webhook } from '../../src/store/people.ts'
import { countTry } from '../../src/user/throttle.ts'
import { issueTicket } from '../../src/user/ticket.ts'
import { databases, openTestSqlite } from '../helpers/database.ts'
import { newTeam, newUser, openPeople } from '../helpers/people.ts'

const dayMs = 86_400_000

test.each(databases)('on %s, of each pair the one from today stays', async (_, open) => {
  const people = await openPeople(await open())
  const { store, clock, sessions } = people
  await newUser(people, 'ann')
  const leave = async (name: string) => {
    const at = clock.now()
    await sessions.open('ann', { address: '192.0.2.1', agent: name })
    await countTry(store, [{ subject: name, most: 1, windowMs: 1 }], at)
    const { statement } = issueTicket(
      { kind: 'reset', userId: 'ann', data: { name }, lifeMs: dayMs },
      at,
    )
    await store.write((db) => [
      statement(db),
      db.insert(spent).values({ id: name, expiresAt: at + dayMs }),
    ])
  }
  await leave('old')
  clock.move(15 * dayMs)
  await leave('new')
  await expire.run(people as unknown as Parts, { draining: false, verified: null })
  const { db } = store
  expect([
    ...(await db.select().from(session)).map(({ agent }) => agent),
    ...(await db.select().from(attempt)).map(({ subject }) => subject),
    ...(await db.select().from(ticket)).map(({ data }) => data.name),
    ...(await db.select().from(spent)).map(({ id }) => id),
  ]).toEqual(['new', 'new', 'new', 'new'])
})

test('what was sent is kept as a record for a while; what waits is kept until it is sent', async () => {
  const people = await openPeople(await openTestSqlite())
  const { store, clock } = people
  await newTeam(people, 'acme', {})
  const at = clock.now()
  const hook = { id: 'whk_1', accountId: 'acme', url: 'https://a', secret: 's', createdAt: at }
  const told = { kind: 'test', nextAt: at, createdAt: at }
  await store.write((db) => [
    db.insert(webhook).values(hook),
    ...(['sent', 'failed', 'queued'] as const).flatMap((state) => [
      db.insert(mail).values({ ...told, id: state, state, recipient: 'a@b.c', subject: 's' }),
      db.insert(delivery).values({ ...told, id: state, state, webhookId: 'whk_1', body: '{}' }),
    ]),
  ])
  const left = []
  for (const days of [30, 1, 59, 1]) {
    clock.move(days * dayMs)
    await expire.run(people as unknown as Parts, { draining: false, verified: null })
    left.push([
      (await store.db.select().from(mail)).length,
      (await store.db.select().from(delivery)).length,
    ])
  }
  expect(left).toEqual([
    [3, 3],
    [3, 1],
    [3, 1],
    [1, 1],
  ])
})
