/**
 * Whether a backup holds writes up: `bun run bench:backup [--gb 5]`. Fills a database to that size, writes to it as a server
 * does, first alone and then while `kkai backup` runs, and says how long the slowest writes took.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { inArray, sql } from 'drizzle-orm'
import { milestone } from '../../src/store/operator.ts'
import { openSqlite } from '../../src/store/sqlite.ts'

const executable = join(import.meta.dir, '../../dist/kkai')
const { values } = parseArgs({
  options: { gb: { type: 'string', default: '2' }, dir: { type: 'string', default: tmpdir() } },
})
const data = mkdtempSync(join(values.dir, 'kkai-backup-'))
const store = await openSqlite(join(data, 'kkai.db'), 1)
const rows = Math.ceil((Number(values.gb) * 1e9) / 4500)

const insert = store.connection.prepare(
  "INSERT INTO milestone VALUES (?, 0, printf('%.3000c', 'x'))",
)
for (let made = 0; made < rows; ) {
  await store.commit(() => {
    for (const end = Math.min(rows, made + 2000); made < end; made++) insert.run(`row-${made}`)
  })
}

/** Writes until `ended` says so; each a few pages anywhere. */
async function write(what: string, ended: () => boolean): Promise<void> {
  const times: number[] = []
  while (!ended()) {
    const names = Array.from({ length: 3 }, () => `row-${Math.floor(Math.random() * rows)}`)
    const startedAt = performance.now()
    await store.write((db) => [
      db.update(milestone).set({ at: sql`at + 1` }).where(inArray(milestone.name, names)),
    ])
    times.push(performance.now() - startedAt)
    await Bun.sleep(2)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => (times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(1)
  const slow = times.filter((ms) => ms > 50).length
  process.stdout.write(
    `${what}: ${times.length} writes, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms, ${slow} over 50 ms\n`,
  )
}

const until = performance.now() + 15_000
await write('alone', () => performance.now() > until)
const size = statSync(join(data, 'kkai.db')).size
const child = Bun.spawn([executable, 'backup', join(data, 'copy.db'), '--data', data], {
  stdio: ['ignore', 'inherit', 'inherit'],
})
await write(`while ${(size / 1e9).toFixed(1)} GB are backed up`, () => child.exitCode !== null)
await store.close()
rmSync(data, { recursive: true })
