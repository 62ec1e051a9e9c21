/**
 * Resolves what a dead process left: each of its holds is posted for what it had noted as delivered, or voided when it had
 * noted nothing. So a crash never costs a customer more than was sent, and leaves no money held [T3.4].
 */
import { eq } from 'drizzle-orm'
import { hold } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import type { Delivered, Draft, Ledger } from './ledger.ts'

const crashedStatus = 500

/** Answers how many holds were resolved. */
export async function resolveLeft(
  store: Store,
  ledger: Ledger,
  instanceId: string,
  now: number,
): Promise<number> {
  const left = await store.db.select().from(hold).where(eq(hold.instanceId, instanceId))
  await Promise.all(
    left.map(({ id, draft, delivered: noted }) => {
      const delivered = noted === null ? null : (JSON.parse(noted) as Delivered)
      return ledger.resolve(
        {
          id,
          draft: JSON.parse(draft) as Draft,
          channelId: delivered?.channelId ?? null,
          units: delivered?.units ?? {},
          cost: BigInt(delivered?.cost ?? 0),
          buyCost: BigInt(delivered?.buyCost ?? 0),
          usageSource: delivered === null ? 'none' : 'estimated',
          outcome: 'crashed',
          ...{ flags: null, status: crashedStatus, finishReason: null, firstTokenMs: null },
          ...{ reportedCost: null, durationMs: 0, overdraft: 0n, capAtHold: true },
        },
        now,
      )
    }),
  )
  return left.length
}
