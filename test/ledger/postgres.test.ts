/** What only PostgreSQL can do wrong: a statement that waited for a lock began with an older sight of every row. */
import { expect, test } from 'bun:test'
import { setTimeout } from 'node:timers/promises'
import { AppError } from '../../src/base/error.ts'
import type { PostgresStore } from '../../src/store/store.ts'
import { databases, now } from '../helpers/database.ts'
import { counters, keyCounters, newHold, newPerson, newWorld, settlement } from './world.ts'

const open = databases.find(([name]) => name === 'PostgreSQL')?.[1]

/** Starts `work` while another transaction holds the account, which then runs `change` and commits. */
async function whileLocked<T>(
  store: PostgresStore,
  accountId: string,
  work: () => Promise<T>,
  change: string[],
) {
  let working: Promise<T> | null = null
  await store.connection.begin(async (tx) => {
    await tx.unsafe('SELECT 1 FROM account WHERE id = $1 FOR UPDATE', [accountId])
    working = work()
    const waiting =
      "SELECT count(*) AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    while ((await tx.unsafe(waiting))[0].n === 0n) await setTimeout(1)
    for (const text of change) await tx.unsafe(text)
  })
  return working as T | null
}

test.if(open !== undefined)(
  'a call is resolved by its hold as it is, not as it was when the waiting began',
  async () => {
    const world = await newWorld(await open!())
    const ann = await newPerson(world)
    const hold = newHold(ann, 5n)
    await world.ledger.open(hold, now)
    const resolve = () => world.ledger.resolve(settlement(hold.id, 8n, { capAtHold: true }), now)
    const charged = await whileLocked(world.store as PostgresStore, ann, resolve, [
      `UPDATE account SET debits_pending = debits_pending + 3 WHERE id = '${ann}'`,
      `UPDATE key SET held = held + 3 WHERE account_id = '${ann}'`,
      'UPDATE hold SET amount = amount + 3',
    ])
    expect(charged).toBe(8n)
    expect(await counters(world, ann)).toEqual([992n, 0n, 8n, 1000n])
    expect(await keyCounters(world, ann)).toEqual({ held: 0n, spent: 8n })
  },
)

test.if(open !== undefined)(
  'credit that was spent while a call waited is not spent twice',
  async () => {
    const world = await newWorld(await open!())
    const ann = await newPerson(world, 10n)
    const attempt = () => world.ledger.open(newHold(ann, 6n), now).catch((cause) => cause)
    const cause = await whileLocked(world.store as PostgresStore, ann, attempt, [
      `UPDATE account SET debits_pending = 5 WHERE id = '${ann}'`,
    ])
    expect(cause).toBeInstanceOf(AppError)
    expect(cause.code).toBe('insufficient_credits')
  },
)

test.if(open !== undefined)(
  'a connection that is cut in mid-call is storage trouble, and nothing is booked',
  async () => {
    const world = await newWorld(await open!())
    const ann = await newPerson(world)
    const attempt = () => world.ledger.open(newHold(ann, 6n), now).catch((cause) => cause)
    const cut =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    const cause = await whileLocked(world.store as PostgresStore, ann, attempt, [cut])
    expect(cause).toBeInstanceOf(AppError)
    expect(cause.code).toBe('storage_unavailable')
    expect(await counters(world, ann)).toEqual([1000n, 0n, 0n, 1000n])
  },
)
