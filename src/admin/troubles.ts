/** Why no call should be sent to this server now: what `/readyz` says to a load balancer. */
import { statfsSync } from 'node:fs'
import { sql } from 'drizzle-orm'
import { instance } from '../store/schema.ts'
import type { Parts, State } from './parts.ts'

const leastFreeBytes = 64 * 1024 * 1024

export async function findTroubles(
  { config, store, clock }: Parts,
  state: State,
): Promise<string[]> {
  const troubles: string[] = []
  if (state.draining) troubles.push('draining')
  if (state.verified === false) troubles.push('ledger_not_verified')
  const disk = statfsSync(config.data)
  if (disk.bavail * disk.bsize < leastFreeBytes) troubles.push('disk_full')
  await store
    .write((db) => [db.update(instance).set({ startedAt: clock.now() }).where(sql`1 = 0`)])
    .catch(() => {
      troubles.push('database_not_writable')
    })
  return troubles
}
