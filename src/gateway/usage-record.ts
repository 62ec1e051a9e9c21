/** Calls as the account's members see them: as rows of a list, and one by one with the arithmetic of its charge. */
import { and, eq, inArray, or } from 'drizzle-orm'
import { formatPrice, formatUsd, rateFor } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { completionTokens, promptTokens, unitClasses } from '../base/units.ts'
import { key, price, rate, transfer, usage } from '../store/schema.ts'
import type { Store } from '../store/store.ts'

export type UsageRow = typeof usage.$inferSelect

export async function describeRows({ db }: Store, accountId: string, rows: readonly UsageRow[]) {
  const ids = [...new Set(rows.map(({ keyId }) => keyId))]
  const named =
    ids.length === 0
      ? []
      : await db
          .select({ id: key.id, name: key.name })
          .from(key)
          .where(and(eq(key.accountId, accountId), inArray(key.id, ids)))
  const names = new Map(named.map(({ id, name }) => [id, name]))
  return rows.map((row) => describeRow(row, names.get(row.keyId) ?? ''))
}

export type RequestView = ReturnType<typeof describeRow>

function describeRow(row: UsageRow, keyName: string) {
  return {
    id: row.id,
    created_at: new Date(row.createdAt).toISOString(),
    model: row.modelId,
    key_id: row.keyId,
    key_name: keyName,
    status: row.status,
    outcome: row.outcome,
    prompt_tokens: promptTokens(row),
    cached_tokens: row.cache_read,
    completion_tokens: completionTokens(row),
    cost: formatUsd(row.charged),
    first_token_ms: row.firstTokenMs,
    duration_ms: row.durationMs,
    streamed: row.streamed,
    app: row.caller,
  }
}

/** One call with its arithmetic: units × price version = charge, and the transfers that moved it. */
export async function showRequest(store: Store, accountId: string, id: string) {
  const { db } = store
  const own = and(eq(usage.id, id), eq(usage.accountId, accountId))
  const [row] = await db.select().from(usage).where(own)
  if (row === undefined) throw new AppError('not_found')
  const [view, rates, versions, moved] = await Promise.all([
    describeRows(store, accountId, [row]),
    db.select().from(rate).where(eq(rate.priceId, row.priceId)),
    db.select().from(price).where(eq(price.id, row.priceId)),
    db
      .select()
      .from(transfer)
      .where(or(eq(transfer.id, id), eq(transfer.pendingId, id)))
      .orderBy(transfer.seq),
  ])
  const prompt = promptTokens(row)
  return {
    ...(view[0] as RequestView),
    usage_source: row.usageSource,
    finish_reason: row.finishReason,
    flags: row.flags?.split(',') ?? [],
    price_version: row.priceId,
    price_from: new Date(versions[0]?.effectiveFrom ?? 0).toISOString(),
    units: unitClasses
      .filter((unit) => row[unit] > 0)
      .map((unit) => ({
        unit,
        count: row[unit],
        usd_per_million: formatPrice(rateFor(rates, unit, prompt)),
      })),
    /** What the units cost by that version; what was charged is in `cost`, and may be less. */
    full_cost: formatUsd(row.cost),
    transfers: moved.map(({ id, phase, code, amount, createdAt }) => ({
      ...{ id, phase, code, amount: formatUsd(amount) },
      at: new Date(createdAt).toISOString(),
    })),
  }
}
