/** `kkai doctor`: whether the platform is well, and what to do where it is not. Changes nothing. */
import { eq } from 'drizzle-orm'
import { type Fact, type FactName, readSystem } from '../admin/system.ts'
import { storeUrl } from '../app.ts'
import { type Config, readSettings } from '../config.ts'
import { compareMigrations } from '../store/migrate.ts'
import { isPostgres } from '../store/open.ts'
import { readMigrations } from '../store/pending.ts'
import { setting } from '../store/people.ts'
import { openReader } from '../store/reader.ts'
import { processCommand } from './command.ts'

export const doctor = processCommand({
  name: 'doctor',
  about: 'Look whether the platform is well; exit 1 when something is not, with what to do.',
  examples: ['kkai doctor --data /var/lib/kkai', 'kkai doctor --json'],
  start: async ({ flags, json, print }) => {
    const facts = await examine(readSettings(flags).config)
    const ok = facts.every((fact) => fact.ok !== false)
    await print(json ? JSON.stringify({ ok, facts }) : facts.map(describe).join('\n'))
    return ok ? 0 : 1
  },
})

async function examine(config: Config): Promise<Fact[]> {
  const [url, now] = [storeUrl(config), Date.now()]
  const applied = await readMigrations(url)
  const { missing, unknown } = compareMigrations(applied ?? [])
  const readable = missing.length + unknown.length === 0
  const store = readable ? await openReader(url, now) : null
  try {
    const db = store?.db ?? null
    const chosen = await db?.select().from(setting).where(eq(setting.name, 'publicUrl'))
    const publicUrl = config.publicUrl ?? (chosen?.[0]?.value as string | null | undefined) ?? null
    const kind = isPostgres(url) ? 'postgres' : 'sqlite'
    return await readSystem({ config, now, kind, db, applied, publicUrl })
  } finally {
    await store?.close()
  }
}

function describe({ name, ok, value }: Fact): string {
  const mark = ok === null ? '·     ' : ok ? 'ok    ' : 'WRONG '
  const todo = ok === false ? `\n        ${advice[name]}` : ''
  return `${mark}  ${name.replace('_', ' ').padEnd(12)} ${value}${todo}`
}

const advice: Record<FactName, string> = {
  program: 'Install a released version.',
  database: 'Start the server, or run kkai migrate; where it is newer, install that version.',
  clock: 'Let the clock be set by the network (timedatectl set-ntp true).',
  disk: 'Make room, or move the data directory to a larger disk: below 64 MB no call is taken.',
  fsync: 'Every call waits for it: use a local SSD, or set database_thread = true.',
  log: 'Something has been reading for very long: end old kkai processes, or start the server again.',
  backup: 'Set backup_dir, and look for job.failed in the log; or run kkai backup FILE now.',
  verify:
    'Run kkai verify: it names what does not add up. Take a backup before you touch anything.',
  sealing_key: 'Put sealing.key into the data directory, readable for its owner only (chmod 600).',
  providers: 'Nothing can be sold: add a channel by kkai catalog apply, or switch one on.',
  payments: 'Look at the payment service’s own page of callbacks.',
  mail: 'Nobody can confirm an address: check smtp_url, and that the host may be reached from here.',
  public_url: 'Customers cannot reach it: check the proxy (kkai systemd --caddy), DNS and TLS.',
}
