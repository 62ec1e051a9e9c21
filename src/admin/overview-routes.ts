/** The operator's first page. */
import { Elysia } from 'elysia'
import { describeRefusals } from '../http/describe.ts'
import type { Figures } from './figures.ts'
import { adminGuard } from './guard.ts'
import { showBusiness } from './overview.ts'
import type { Parts, State } from './parts.ts'

export function adminOverviewRoutes(parts: Parts, figures: Figures, state: State) {
  return new Elysia({ name: 'admin-overview', prefix: '/api/admin' })
    .use(adminGuard(parts))
    .get('/overview', () => showBusiness(parts, figures, state), {
      admin: 'read',
      detail: {
        ...{ summary: 'What is owed, earned and waiting, and how the platform does' },
        tags: ['Administration'],
        responses: describeRefusals('session_required', 'not_found'),
      },
    })
}
