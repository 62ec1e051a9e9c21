/** On PostgreSQL other nodes change the catalogue too: it is read anew once a second. On SQLite only this process does. */
import type { Job } from './job.ts'

export const refreshCatalog: Job = {
  name: 'refresh-catalog',
  everyMs: 1_000,
  run: async ({ store, catalog }) => {
    if (store.kind === 'postgres') await catalog.reload()
  },
}
