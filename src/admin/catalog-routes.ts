/**
 * What is sold and at what price, as the operator sets it: models, their prices now and to come, and what the price list
 * proposes. Ids of models have slashes in them, so they stand in bodies and queries.
 */
import { Elysia, t } from 'elysia'
import { AppError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import { readTime } from '../base/time.ts'
import { describeRefusals } from '../http/describe.ts'
import { model } from '../store/schema.ts'
import { apply, expectRevision, findModel, isoTime, modelEntry } from './catalog-change.ts'
import { showModels } from './catalog-view.ts'
import { adminGuard, reason } from './guard.ts'
import type { Parts } from './parts.ts'
import { cancelVersion, publishPrice, showEffects } from './price-change.ts'

export const describe = (summary: string, ...codes: Parameters<typeof describeRefusals>) => ({
  detail: {
    ...{ summary, tags: ['Admin: what is sold'] },
    responses: describeRefusals('not_found', 'role_not_allowed', ...codes),
  },
})
const changes = ['invalid_request', 'changed_meanwhile'] as const

const id = t.String({ minLength: 1, maxLength: 200 })
const side = t.Union([t.Literal('sell'), t.Literal('buy')])
const time = t.Optional(t.Nullable(t.String({ maxLength: 40 })))
const whole = (minimum: number, maximum = 2 ** 31 - 1) =>
  t.Number({ minimum, maximum, multipleOf: 1 })
const written = t.Union([t.String({ maxLength: 40 }), t.Record(t.String(), t.String())])
const priceBody = t.Object({
  ...{ model: id, side, prices: t.Record(t.String({ maxLength: 40 }), written) },
  ...{ effective_from: time, revision: whole(0), reason },
  confirm_below_cost: t.Optional(t.Boolean()),
  confirm_short_notice: t.Optional(t.Boolean()),
})
const modelBody = t.Object({
  ...{ id, name: t.Nullable(t.String({ maxLength: 200 })) },
  kind: t.Union([t.Literal('chat'), t.Literal('embeddings')]),
  ...{ context_length: whole(1), max_output: t.Nullable(whole(1)) },
  description: t.String({ maxLength: 2000 }),
  channels: t.Array(
    t.Object({ channel: id, model: id, priority: whole(0, 1000), weight: whole(1, 1000) }),
    { maxItems: 50 },
  ),
  // Null: it is new.
  revision: t.Nullable(whole(0)),
})
const stateBody = t.Object({
  ...{ id, revision: whole(0), reason },
  state: t.Union([t.Literal('active'), t.Literal('deprecated'), t.Literal('retired')]),
  ...{ retires_at: time, successor: t.Optional(t.Nullable(id)) },
})

export function adminCatalogRoutes(parts: Parts) {
  return new Elysia({ name: 'admin-catalog', prefix: '/api/admin' })
    .use(adminGuard(parts))
    .get('/models', async () => ({ data: await showModels(parts) }), {
      admin: 'read',
      ...describe('Models with their sell and buy prices, and what is scheduled'),
    })
    .get(
      '/price-effects',
      ({ query: { model, side, prices, effective_from = null } }) =>
        showEffects(parts, { model, side, prices: readWritten(prices), effective_from }),
      {
        admin: 'read',
        query: t.Object({
          ...{ model: id, side, prices: t.String({ maxLength: 4000 }) },
          effective_from: t.Optional(t.String({ maxLength: 40 })),
        }),
        ...describe('What a new price would do, and to how many', 'invalid_request'),
      },
    )
    .post(
      '/prices',
      async ({ body: { effective_from = null, ...body }, visitor, change }) => {
        change.before = await priceRecord(parts, body.model)
        const published = await publishPrice(parts, { ...body, effective_from }, visitor.userId)
        change.after = await priceRecord(parts, body.model)
        return published
      },
      {
        ...{ admin: 'run', parse: 'strict', body: priceBody },
        ...describe('Publish a price, from now on or from a time to come', ...changes),
      },
    )
    .post(
      '/prices/cancel',
      async ({ body, visitor, change }) => {
        change.before = await priceRecord(parts, body.model)
        const published = await cancelVersion(parts, body, visitor.userId)
        change.after = await priceRecord(parts, body.model)
        return published
      },
      {
        ...{ admin: 'run', parse: 'strict' },
        body: t.Object({ model: id, version: id, revision: whole(0), reason }),
        ...describe(
          'Call off a price that is scheduled: what is in force until then stays',
          ...changes,
        ),
      },
    )
    .put(
      '/models',
      async ({ body, visitor, change }) => {
        await putModel(parts, body, visitor.userId, change)
        return { id: body.id }
      },
      {
        ...{ admin: 'run', parse: 'strict', body: modelBody },
        ...describe('Add or change a model and its ways', 'already_exists', ...changes),
      },
    )
    .post(
      '/models/state',
      async ({ body, visitor, change }) => {
        await setState(parts, body, visitor.userId, change)
        return { id: body.id, state: body.state }
      },
      {
        ...{ admin: 'run', parse: 'strict', body: stateBody },
        ...describe('Deprecate with a date and a successor, retire, sell again', ...changes),
      },
    )
}

function readWritten(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as JsonObject
  } catch {}
  throw new AppError('invalid_request', { param: 'prices', message: 'That is no list of prices.' })
}

/** The prices of a model as they are, for the record. */
async function priceRecord(parts: Parts, id: string): Promise<JsonObject> {
  const view = (await showModels(parts)).find((one) => one.id === id)
  const show = ({ id, prices }: { id: string; prices: JsonObject }) => ({ id, prices })
  return {
    ...{ sell: view?.sell ? show(view.sell) : null, buy: view?.buy ? show(view.buy) : null },
    scheduled: (view?.scheduled ?? []).map((one) => ({
      ...show(one),
      ...{ side: one.side, effective_from: one.effective_from },
    })),
  }
}

type Change = { before?: JsonObject; after?: JsonObject }

async function putModel(
  parts: Parts,
  { revision, description, ...body }: typeof modelBody.static,
  by: string,
  change: Change,
): Promise<void> {
  const before = revision === null ? {} : await modelEntry(parts, await findModel(parts, body.id))
  const { description: _, ...traits } = (before.traits ?? {}) as JsonObject
  const told = description.trim()
  const after = {
    ...{ ...before, ...body, name: body.name?.trim() || null },
    traits: { ...traits, ...(told && { description: told }) },
  }
  change.before = before
  const expected =
    revision === null ? 'nothing' : [expectRevision(parts, model, { id: body.id, revision })]
  await apply(parts, { models: [after] }, by, expected)
  change.after = after
}

async function setState(
  parts: Parts,
  { id, revision, state, retires_at = null, successor = null }: typeof stateBody.static,
  by: string,
  change: Change,
): Promise<void> {
  const before = await modelEntry(parts, await findModel(parts, id))
  const retiresAt =
    state === 'deprecated' && retires_at !== null ? readTime(retires_at, 'retires_at') : null
  if (state === 'deprecated' && (retiresAt === null || retiresAt <= parts.clock.now())) {
    throw new AppError('invalid_request', {
      param: 'retires_at',
      message: 'Its users need a day to come: what it is sold until.',
    })
  }
  const kept = state === 'active' ? null : successor
  const changed = { state, retires_at: isoTime(retiresAt), successor: kept }
  const { state: was, retires_at: until, successor: next } = before as typeof changed
  change.before = { state: was, retires_at: until, successor: next }
  const expected = [expectRevision(parts, model, { id, revision })]
  await apply(parts, { models: [{ ...before, ...changed }] }, by, expected)
  change.after = changed
}
