/** `kkai migrate`: what an upgrade does to the database, told before it is done, or done without starting a server. */
import { storeUrl } from '../app.ts'
import { readSettings } from '../config.ts'
import { lock } from '../store/lock.ts'
import { compareMigrations, newerDatabase } from '../store/migrate.ts'
import { openStore } from '../store/open.ts'
import { readMigrations } from '../store/pending.ts'
import { processCommand } from './command.ts'

export const migrate = processCommand<{ check?: string }>({
  name: 'migrate',
  about:
    'Bring the database to this program’s schema, as a start does; or with --check only say what would be done.',
  options: [{ flags: '--check', about: 'change nothing; exit 1 when there is something to do' }],
  examples: ['kkai migrate --check', 'kkai migrate'],
  details:
    'An existing SQLite database is copied first: kkai.db.before-0008 is what it was before that migration. The last two are kept.',
  start: async ({ values, flags, json, print }) => {
    const { config } = readSettings(flags)
    const url = storeUrl(config)
    const { missing, unknown } = compareMigrations((await readMigrations(url)) ?? [])
    if (unknown.length > 0) throw newerDatabase(unknown)
    const names = missing.map(({ name }) => name)
    if (values.check === undefined && names.length > 0) {
      const held = lock(config.data)
      try {
        await (await openStore(url, Date.now())).close()
      } finally {
        held.release()
      }
    }
    const done = values.check === undefined ? 'ran' : 'would run'
    await print(
      json
        ? JSON.stringify({ [values.check === undefined ? 'ran' : 'pending']: names })
        : names.map((name) => `${done}: ${name}`).join('\n') || 'The database is up to date.',
    )
    return values.check !== undefined && names.length > 0 ? 1 : 0
  },
})
