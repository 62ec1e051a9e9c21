/**
 * Changes of the catalogue from the dashboard. Each is a catalogue file of one entry, so that the rules of `catalog/apply.ts`
 * are the only ones, and names the revision that it was made from: of two that were made at once the later is refused.
 */
import { and, eq, sql } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import { type Applied, applyCatalog } from '../catalog/apply.ts'
import { channel, model, modelChannel } from '../store/schema.ts'
import { must, type Statement } from '../store/store.ts'
import type { Parts } from './parts.ts'

export type ModelRow = typeof model.$inferSelect
export type ChannelRow = typeof channel.$inferSelect

/** Refuses with `not_found`. */
export async function findModel({ store: { db } }: Pick<Parts, 'store'>, id: string) {
  const [row] = await db.select().from(model).where(eq(model.id, id))
  if (!row) throw new AppError('not_found', { message: `There is no model ${id}.` })
  return row
}

/** Refuses with `not_found`. */
export async function findChannel({ store: { db } }: Pick<Parts, 'store'>, id: string) {
  const [row] = await db.select().from(channel).where(eq(channel.id, id))
  if (!row) throw new AppError('not_found', { message: `There is no channel ${id}.` })
  return row
}

/** Refuses the write with `changed_meanwhile` unless that is still its revision. */
export function expectRevision(
  { store: { db } }: Pick<Parts, 'store'>,
  table: typeof model | typeof channel,
  { id, revision }: { id: string; revision: number },
): Statement {
  const same = and(eq(table.id, id), eq(table.revision, revision))
  return must(
    db.update(table).set({ revision: sql`revision + 1` }).where(same),
    'changed_meanwhile',
  )
}

/** A model as a catalogue file has it, without prices. */
export async function modelEntry(parts: Parts, row: ModelRow): Promise<JsonObject> {
  const { db } = parts.store
  const routes = await db.select().from(modelChannel).where(eq(modelChannel.modelId, row.id))
  return {
    ...{ id: row.id, kind: row.kind, name: row.name, state: row.state },
    retires_at: isoTime(row.retiresAt),
    ...{ successor: row.successorId, context_length: row.contextLength },
    ...{ max_output: row.maxOutput, traits: snakeNames(row.traits as JsonObject) },
    channels: routes.map(({ channelId, upstreamModel, priority, weight }) => ({
      ...{ channel: channelId, model: upstreamModel, priority, weight },
    })),
  }
}

/** A channel as a catalogue file has it; its credential stays. */
export function channelEntry(row: ChannelRow): JsonObject {
  return {
    ...{ id: row.id, provider: row.provider, base_url: row.baseUrl, state: row.state },
    ...{ allow_private: row.allowPrivate, quirks: snakeNames(row.quirks as JsonObject) },
  }
}

/** Stored as the code names them, written as a file does. */
export function snakeNames(value: JsonObject): JsonObject {
  const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const inside = (one: Json | undefined) => (isObject(one) ? snakeNames(one) : one)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [snake(name), inside(one)]))
}

/** Refuses as `applyCatalog` does, about the field of the form instead of the place in a file. */
export async function apply(
  { store, catalog: book, sealingKey, clock }: Parts,
  file: JsonObject,
  by: string,
  expected: readonly Statement[] | 'nothing',
): Promise<Applied> {
  const text = JSON.stringify(file)
  const parts = { store, book, sealingKey }
  return await applyCatalog(parts, text, by, clock.now(), expected).catch((cause) => {
    throw cause instanceof AppError && cause.code === 'invalid_request' ? atField(cause) : cause
  })
}

/** `models[0].price.input` is the form's `input`; `models[0].channels[2].channel` its `channels`. */
function atField(refusal: AppError): AppError {
  const [, field] =
    /^\w+\[0\]\.(?:(?:buy_)?price\.)?(?:traits\.)?(\w+)/.exec(refusal.param ?? '') ?? []
  const message = whyOf(refusal)
  return new AppError('invalid_request', { param: field ?? null, message, cause: refusal })
}

/** Without the place in a file: who filled a form knows of none. */
export function whyOf({ message }: AppError): string {
  const [, why = message] = /^Line \d+(?:, [^:]+)?: (.*) Nothing was changed\.$/.exec(message) ?? []
  return why
}

export const isoTime = (time: number | null) =>
  time === null ? null : new Date(time).toISOString()
