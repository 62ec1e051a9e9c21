/** What has ended is cleared away, and what has not stays. */
import { expect, test } from 'bun:test'
import type { Parts } from '../../src/admin/parts.ts'
import { expire } from '../../src/jobs/expire.ts'
import { attempt, session, spent, ticket } from '../../src/store/people.ts'
import { countTry } from '../../src/user/throttle.ts'
import { issueTicket } from '../../src/user/ticket.ts'
import { databases } from '../helpers/database.ts'
import { newUser, openPeople } from '../helpers/people.ts'

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
