/**
 * Resolves the holds of processes that died. Under SQLite's lock there is only this one, so all others are dead. On
 * PostgreSQL each node raises its beat once a second; one whose beat this node has seen stand still for `deadMs` of its
 * own time is dead, whatever the clocks of day say.
 */
import { eq, ne, sql } from 'drizzle-orm'
import { resolveLeft } from '../ledger/recover.ts'
import { instance } from '../store/schema.ts'
import type { Job } from './job.ts'

const deadMs = 6_000
const seen = new WeakMap<object, Map<string, { beat: number; since: number }>>()

export const sweepHolds: Job = {
  name: 'sweep-holds',
  everyMs: 1_000,
  first: true,
  run: async ({ store, ledger, clock, log, instanceId }) => {
    const beats = seen.get(store) ?? new Map()
    seen.set(store, beats)
    if (store.kind === 'postgres') {
      await store.write((db) => [
        db.update(instance).set({ beat: sql`beat + 1` }).where(eq(instance.id, instanceId)),
      ])
    }
    const others = await store.db.select().from(instance).where(ne(instance.id, instanceId))
    for (const { id, beat } of others) {
      const known = beats.get(id)
      const elapsed = clock.elapsed()
      if (known?.beat !== beat) beats.set(id, { beat, since: elapsed })
      const standing = known?.beat === beat ? elapsed - known.since : 0
      if (store.kind === 'postgres' && standing < deadMs) continue
      const resolved = await resolveLeft(store, ledger, id, clock.now())
      await store.write((db) => [db.delete(instance).where(eq(instance.id, id))])
      beats.delete(id)
      if (resolved > 0) log.warn('holds.resolved', { instance: id, holds: resolved })
    }
  },
}
