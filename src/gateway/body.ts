/**
 * What was asked and answered, kept for accounts that chose so and for as many days [T5.3]: sealed, written after the call was
 * settled so that no call waits for it, and deleted when its time is over. Off unless an owner turned it on.
 */
import { and, eq, gt } from 'drizzle-orm'
import type { Json } from '../base/json.ts'
import { seal, unseal } from '../base/secret.ts'
import { body } from '../store/people.ts'
import { type Store, storable } from '../store/store.ts'
import type { HoldInHand } from './hold.ts'

const dayMs = 86_400_000
/** Of each side; what is longer is cut. */
const longest = 1_000_000

export interface KeptBody {
  request: Json
  /** As text; null when nothing was answered. */
  reply: string | null
}

export function openBodies(store: Store, sealingKey: string) {
  return {
    /** For a call that is settled. Bodies of embeddings hold numbers for an answer, which are not kept. */
    keep: async ({ id, key, call, tally }: HoldInHand, now: number): Promise<void> => {
      const { bodyDays } = key.account
      const request = JSON.stringify(call.body)
      const kept: KeptBody = {
        request: request.length > longest ? request.slice(0, longest) : call.body,
        reply: tally.texts.output.join('\n').slice(0, longest) || null,
      }
      const sealed = seal(storable(JSON.stringify(kept)), sealingKey, id)
      const row = { id, accountId: key.accountId, sealed, expiresAt: now + bodyDays * dayMs }
      await store.write((db) => [db.insert(body).values(row).onConflictDoNothing()])
    },
    /** Null when it was not kept, or is no longer. */
    read: async (accountId: string, id: string, now: number): Promise<KeptBody | null> => {
      const own = and(eq(body.id, id), eq(body.accountId, accountId), gt(body.expiresAt, now))
      const [row] = await store.db.select().from(body).where(own)
      return row ? JSON.parse(unseal(row.sealed, sealingKey, id)) : null
    },
  }
}
export type Bodies = ReturnType<typeof openBodies>
