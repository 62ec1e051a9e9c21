/** Old usage records are dropped: the ledger still verifies, and what may not be missing is still missed. */
import { describe, expect, test } from 'bun:test'
import { count } from 'drizzle-orm'
import { newId } from '../../src/base/id.ts'
import { dropUsage, readUsageFrom } from '../../src/ledger/retention.ts'
import { usage, usageHour } from '../../src/store/schema.ts'
import type { WritingSqliteStore } from '../../src/store/store.ts'
import { databases, now, type TestStore } from '../helpers/database.ts'
import { failed, failedWithin, tamperSqlite } from './tamper.ts'
import { newHold, newPerson, newWorld, settlement } from './world.ts'

const dayMs = 86_400_000
const cost = 10n

/** Calls of Ann's that began so many days ago, each settled a minute later; answers their ids. */
async function newHistory(store: TestStore, daysAgo: readonly number[]): Promise<string[]> {
  const world = await newWorld(store)
  await newPerson(world, 1_000_000n, {}, 'ann')
  const ids: string[] = []
  for (const days of daysAgo) {
    const at = now - days * dayMs
    const id = newId('gen-', at)
    const draft = { ...settlement(id, cost).draft, createdAt: at }
    await world.ledger.open({ ...newHold('ann', 100n), id, draft: JSON.stringify(draft) }, at)
    await world.ledger.resolve(settlement(id, cost, { draft }), at + 60_000)
    ids.push(id)
  }
  return ids
}

const counted = async ({ db }: TestStore, table: typeof usage | typeof usageHour) =>
  (await db.select({ n: count() }).from(table))[0]?.n

/** What verify finds once that was done by hand. */
function failedAfter(store: TestStore, text: string) {
  if (store.kind === 'postgres') return failedWithin(store, text)
  tamperSqlite(store as WritingSqliteStore, text)
  return failed(store)
}

describe.each(databases)('on %s', (_, open) => {
  test('what is older than asked goes, the sums stay, and verify agrees at every step', async () => {
    const store = await open()
    await newHistory(store, [40, 40, 35, 31, 29, 1, 0])
    expect(await readUsageFrom(store)).toBe(0)
    expect(await dropUsage(store, now - 30 * dayMs, 0)).toBe(0)
    expect(await readUsageFrom(store)).toBe(now - 30 * dayMs)
    expect(await failed(store)).toEqual([])
    expect(await dropUsage(store, now - 30 * dayMs, 9)).toBe(4)
    expect([await counted(store, usage), await counted(store, usageHour)]).toEqual([3, 6])
    expect(await failed(store)).toEqual([])
    // A longer time now brings nothing back, and takes nothing more.
    expect(await dropUsage(store, now - 60 * dayMs, 9)).toBe(0)
    expect(await readUsageFrom(store)).toBe(now - 30 * dayMs)
    expect(await failed(store)).toEqual([])
  })

  test('many go in pages', async () => {
    const store = await open()
    await newHistory(
      store,
      Array.from({ length: 520 }, () => 40),
    )
    expect(await dropUsage(store, now - dayMs, 1)).toBe(500)
    expect(await failed(store)).toEqual([])
    expect(await dropUsage(store, now - dayMs, 9)).toBe(20)
    expect(await failed(store)).toEqual([])
  })

  test.each([
    [
      'a record of the kept time is missing',
      'DELETE FROM usage',
      ['usage-transfers', 'usage-hours'],
    ],
    [
      'a dropped hour was charged more',
      'UPDATE usage_hour SET charged = charged + 1 WHERE hour < $from',
      ['usage-hours'],
    ],
    ['a dropped hour is gone', 'DELETE FROM usage_hour WHERE hour < $from', ['usage-hours']],
    [
      'a kept hour was charged more',
      'UPDATE usage_hour SET charged = charged + 1 WHERE hour >= $from',
      ['usage-hours'],
    ],
  ])('%s: that is found', async (_, text, checks) => {
    const store = await open()
    await newHistory(store, [40, 1])
    await dropUsage(store, now - 30 * dayMs, 9)
    const found = await failedAfter(store, text.replace('$from', String(now - 30 * dayMs)))
    expect(found.map(({ name }) => name).sort()).toEqual(checks.sort())
  })
})
