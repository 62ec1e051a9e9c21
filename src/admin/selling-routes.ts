/** Everything about what is sold, by which ways, and how that goes: one set of figures for all of it. */
import { Elysia } from 'elysia'
import type { Gateway } from '../gateway/gateway.ts'
import { adminCatalogRoutes } from './catalog-routes.ts'
import { channelRoutes } from './channel-routes.ts'
import { openFigures } from './figures.ts'
import { adminOverviewRoutes } from './overview-routes.ts'
import type { Parts, State } from './parts.ts'
import { proposalRoutes } from './proposal-routes.ts'

export function sellingRoutes(parts: Parts, gateway: Gateway, state: State) {
  const figures = openFigures(parts.store, parts.clock)
  return new Elysia({ name: 'selling' })
    .use(adminOverviewRoutes(parts, figures, state))
    .use(adminCatalogRoutes(parts))
    .use(proposalRoutes(parts))
    .use(channelRoutes(parts, gateway, figures))
}
