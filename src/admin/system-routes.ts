/** The state of the platform itself, for those who run it: the facts of `kkai doctor`, and its jobs. */
import { Elysia } from 'elysia'
import { describeRefusals } from '../http/describe.ts'
import { adminGuard } from './guard.ts'
import type { Parts, State } from './parts.ts'
import { readApplied, readSystem } from './system.ts'

export function systemRoutes(parts: Parts, state: State) {
  const { config, clock, store, business } = parts
  return new Elysia({ name: 'admin-system', prefix: '/api/admin' }).use(adminGuard(parts)).get(
    '/system',
    async () => ({
      data: await readSystem({
        ...{ config, now: clock.now(), kind: store.kind, db: store.db },
        applied: await readApplied(store.db),
        publicUrl: config.publicUrl ?? business.current.publicUrl,
      }),
      jobs: [...(state.jobs ?? [])].map(([name, { everyMs, at, ms, failed }]) => ({
        ...{ name, every_ms: everyMs, ms: Math.round(ms), failed },
        ran_at: new Date(at).toISOString(),
      })),
    }),
    {
      admin: 'read',
      detail: {
        ...{
          summary: 'What `kkai doctor` finds, and how each job last went',
          tags: ['Administration'],
        },
        responses: describeRefusals('session_required', 'not_found', 'role_not_allowed'),
      },
    },
  )
}
