/**
 * What was asked and answered, kept for accounts that chose so and for as many days [T5.3], and of calls under investigation
 * until it ends [T4.4]: sealed, written after the call was settled so that no call waits for it, and deleted when its time is
 * over. Off unless an owner turned it on, or an investigation was opened. What is kept for the one is not shown to the other.
 */
import { and, eq, gt, isNull, sql } from 'drizzle-orm'
import type { Json } from '../base/json.ts'
import { seal, unseal } from '../base/secret.ts'
import { investigation } from '../store/operator.ts'
import { body } from '../store/people.ts'
import { byHand, type Statement, type Store, storable } from '../store/store.ts'
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
  const read = async (which: ReturnType<typeof and>): Promise<KeptBody | null> => {
    const [row] = await store.db.select().from(body).where(which)
    return row ? JSON.parse(unseal(row.sealed, sealingKey, row.id)) : null
  }

  return {
    /** For a call that is settled. Bodies of embeddings hold numbers for an answer, which are not kept. */
    keep: async ({ id, key, call, tally }: HoldInHand, now: number): Promise<void> => {
      const request = JSON.stringify(call.body)
      const kept: KeptBody = {
        request: request.length > longest ? request.slice(0, longest) : call.body,
        reply: tally.texts.output.join('\n').slice(0, longest) || null,
      }
      const text = storable(JSON.stringify(kept))
      const sealAs = (row: string) => seal(text, sealingKey, row)
      const { accountId } = key
      const { bodyDays } = key.account
      const own = { id, accountId, sealed: sealAs(id), expiresAt: now + bodyDays * dayMs }
      const open = key.investigations.filter(({ endsAt }) => endsAt > now)
      await store.write((db) => [
        ...(bodyDays > 0 ? [db.insert(body).values(own).onConflictDoNothing()] : []),
        ...open.map((one) => keepFor(one.id, id, sealAs, now)),
      ])
    },
    /** Null when the account did not keep it, or no longer does. */
    read: (accountId: string, id: string, now: number): Promise<KeptBody | null> =>
      read(
        and(
          ...[eq(body.id, id), eq(body.accountId, accountId)],
          ...[isNull(body.investigationId), gt(body.expiresAt, now)],
        ),
      ),
    /** Null when it was not kept for that investigation, or that has ended. */
    readFor: (investigationId: string, id: string, now: number): Promise<KeptBody | null> =>
      read(and(eq(body.id, rowOf(investigationId, id)), gt(body.expiresAt, now))),
  }
}
export type Bodies = ReturnType<typeof openBodies>

const rowOf = (investigationId: string, call: string) => `${investigationId}:${call}`

/** Nothing where the investigation was ended while the call was under way. */
function keepFor(
  investigationId: string,
  call: string,
  sealAs: (row: string) => string,
  now: number,
): Statement {
  const row = rowOf(investigationId, call)
  return byHand(sql`INSERT INTO body (id, account_id, investigation_id, sealed, expires_at)
    SELECT ${row}, account_id, id, ${sealAs(row)}, ends_at FROM ${investigation}
    WHERE id = ${investigationId} AND ended_at IS NULL AND ends_at > ${now}
    ON CONFLICT (id) DO NOTHING`)
}
