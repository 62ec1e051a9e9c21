/**
 * What callbacks missed: at start and every hour each processor is asked for the orders that are not settled, and for those that
 * something happened to in the last three days. One that is slow or fails stops none of the others.
 */
import { and, eq, gte, inArray, ne, or } from 'drizzle-orm'
import { topUp } from '../store/credit.ts'
import type { Billing } from './billing.ts'
import { syncTopUp } from './sync.ts'
import { isTaxDue } from './tax-record.ts'

const lookBackMs = 72 * 3_600_000
const atOnce = 8

/** Answers how many orders were asked for, and how many of them could not be. */
export async function reconcile(billing: Billing): Promise<{ asked: number; failed: number }> {
  const { clock, log } = billing
  const since = clock.now() - lookBackMs
  const left = new Set([
    ...(await readUnsettled(billing, since)),
    ...(await readRecent(billing, since)),
  ])
  const asked = left.size
  let failed = 0
  const work = async () => {
    for (const id of left) {
      left.delete(id)
      await syncTopUp(billing, id).catch((cause) => {
        failed++
        log.warn('reconcile.failed', { topUp: id, cause })
      })
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return { asked, failed }
}

/** What waits, however old; what ended without money, for as long as money may still come; what is due in tax reports. */
async function readUnsettled({ store, clock }: Billing, since: number): Promise<string[]> {
  const waits = inArray(topUp.state, ['open', 'pending'])
  const rows = await store.db
    .select({ id: topUp.id })
    .from(topUp)
    .where(
      or(waits, and(ne(topUp.state, 'paid'), gte(topUp.createdAt, since)), isTaxDue(clock.now())),
    )
  return rows.map(({ id }) => id)
}

/** Orders of ours that their own processors name. */
async function readRecent({ store, processors, log }: Billing, since: number): Promise<string[]> {
  const found = await Promise.all(
    [...processors.values()].map(async (processor) => {
      try {
        const ids = (await processor.recent?.(since)) ?? []
        if (ids.length === 0) return []
        const ours = and(eq(topUp.processor, processor.name), inArray(topUp.id, ids))
        return await store.db.select({ id: topUp.id }).from(topUp).where(ours)
      } catch (cause) {
        log.warn('reconcile.failed', { processor: processor.name, cause })
        return []
      }
    }),
  )
  return found.flat().map(({ id }) => id)
}
