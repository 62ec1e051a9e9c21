/** What anyone may see of the models: their prices with history [T3.2], and how they did in the last 24 hours. */
import { Elysia, t } from 'elysia'
import type { Clock } from '../base/clock.ts'
import { describeRefusals } from '../http/describe.ts'
import type { Store } from '../store/store.ts'
import { type CatalogBook, sellableModels } from './book.ts'
import { describeHistory, describeModel } from './history.ts'
import { openMeasurements } from './measured.ts'

/** A status page that cries wolf over one call helps nobody. */
const fewCalls = 20
const degradedBelow = 0.95
const tags = ['Models']

function stateOf({ calls, failures }: { calls: number; failures: number }): 'ok' | 'degraded' {
  return calls >= fewCalls && 1 - failures / calls < degradedBelow ? 'degraded' : 'ok'
}

export function catalogRoutes(catalog: CatalogBook, store: Store, clock: Clock) {
  const measure = openMeasurements(store, clock)
  const sold = () => sellableModels(catalog.current, clock.now())
  return new Elysia({ name: 'catalog', prefix: '/api' })
    .get(
      '/models',
      async () => {
        const { models } = await measure()
        const now = clock.now()
        return {
          data: sold().map((model) => describeModel(model, models.get(model.id) ?? null, now)),
        }
      },
      { detail: { tags, summary: 'Models with prices, and how they did in the last 24 hours' } },
    )
    .get(
      '/models/history',
      ({ query }) => describeHistory(catalog.current, query.id, clock.now()),
      {
        query: t.Object({ id: t.String() }),
        detail: {
          ...{ tags, summary: 'Every price that a model had, has or will have' },
          responses: describeRefusals('model_not_found'),
        },
      },
    )
    .get(
      '/status',
      async () => {
        const { models, hours } = await measure()
        const recent = hours.slice(-2).reduce((last, { at, calls, failures }) => ({
          ...{ at, calls: last.calls + calls, failures: last.failures + failures },
        }))
        return {
          api: stateOf(recent),
          models: sold().map(({ id, name }) => {
            const measured = models.get(id)
            return {
              ...{ id, name: name ?? id },
              calls_24h: measured?.calls ?? 0,
              uptime_24h: measured?.uptime ?? null,
              first_token_p50_ms: measured?.first_token_ms ?? null,
            }
          }),
          hours: hours.map(({ at, ...sums }) => ({
            ...{ at: new Date(at).toISOString(), ...sums, state: stateOf(sums) },
          })),
        }
      },
      { detail: { tags, summary: 'How the API does, from its own calls of the last 24 hours' } },
    )
}
