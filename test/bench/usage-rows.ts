/**
 * How fast a member's pages are with a long history: `bun run bench:pages [--rows 10000000]`. Writes that many usage
 * records of 1,000 accounts, a fifth of them the first one's, straight into a database of its own, and measures over HTTP,
 * with a real session, what the dashboard asks for. `--data` keeps the database there for the next time.
 */
import { Database } from 'bun:sqlite'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openParts } from '../../src/app.ts'
import { firstId } from '../../src/base/id.ts'
import { silentLog } from '../../src/base/log.ts'
import { openMeasurements } from '../../src/catalog/measured.ts'
import { readSettings } from '../../src/config.ts'
import { openBodies } from '../../src/gateway/body.ts'
import { usageRoutes } from '../../src/gateway/usage-routes.ts'
import { createHttp, startHttp } from '../../src/http/server.ts'
import { failures } from '../../src/ledger/chart.ts'
import { openStore } from '../../src/store/open.ts'
import { member, user } from '../../src/store/people.ts'

const accounts = 1000
const days = 90
const hourMs = 3_600_000
const now = Date.UTC(2026, 0, 15, 12)
const start = now - days * 24 * hourMs
const budgetMs = 50
const models = ['m0', 'm1', 'm2', 'm3']

/** The call of that number, in the order of time. Multiples of roots spread evenly, and of two roots independently. */
function draw(number: number, rows: number) {
  const even = (prime: number) => (number * Math.sqrt(prime)) % 1
  const account = even(2) < 0.2 ? 0 : Math.floor(even(3) * accounts)
  return {
    account: `acc_${account}`,
    key: `key_${account}_${Math.floor(even(5) * 3)}`,
    // The last model and a failure are seldom: what is seldom must be found too.
    model: models[Math.floor(even(7) ** 3 * models.length)] as string,
    outcome: even(11) < 0.01 ? 'failed' : 'complete',
    createdAt: Math.floor(start + (number / rows) * (now - start)),
  }
}

async function seed(path: string, rows: number): Promise<void> {
  await (await openStore(path, now)).close()
  const db = new Database(path, { strict: true })
  for (const pragma of ['foreign_keys = 0', 'synchronous = 0', 'journal_mode = WAL'])
    db.run(`PRAGMA ${pragma}`)
  db.transaction(() => {
    const account = db.prepare(`INSERT INTO account (id, kind, credits_posted, created_at)
      VALUES (?, 'person', 1000000000000, ${start})`)
    const key = db.prepare(`INSERT INTO key (id, hash, suffix, account_id, name, created_at)
      VALUES (?, ?, '', ?, 'key', ${start})`)
    for (let at = 0; at < accounts; at++) {
      account.run(`acc_${at}`)
      for (let one = 0; one < 3; one++) key.run(`key_${at}_${one}`, `key_${at}_${one}`, `acc_${at}`)
    }
  })()
  const insert = db.prepare(`INSERT INTO usage (id, account_id, key_id, model_id, price_id,
      input, cache_read, cache_write, cache_write_1h, audio_in, image, output, reasoning, audio_out, search, request,
      cost, charged, usage_source, outcome, status, streamed, created_at, first_token_ms, duration_ms)
    VALUES (?, ?, ?, ?, 'prc', 900, 100, 0, 0, 0, 0, 200, 0, 0, 0, 1,
      250000, 250000, 'provider', ?, 200, 1, ?, 300, 2000)`)
  const write = db.transaction((from: number, to: number) => {
    for (let at = from; at < to; at++) {
      const { account, key, model, outcome, createdAt } = draw(at, rows)
      const id = firstId('gen-', createdAt) + String(at).padStart(16, '0')
      insert.run(id, account, key, model, outcome, createdAt)
    }
  })
  for (let at = 0; at < rows; at += 100_000) write(at, Math.min(rows, at + 100_000))
  const failed = failures.map((one) => `'${one}'`).join()
  db.run(`INSERT INTO usage_hour
    SELECT account_id, created_at / ${hourMs} * ${hourMs}, key_id, model_id, COUNT(*),
      SUM(outcome IN (${failed})), SUM(input + cache_read), SUM(output), SUM(charged), 0
    FROM usage GROUP BY 1, 2, 3, 4`)
  db.run('PRAGMA wal_checkpoint(TRUNCATE)')
  db.close()
}

const after = (depth: number) => `after=${Math.floor(start + depth * (now - start))}.gen-0`
const zone = 'time_zone=Asia%2FTaipei'

/** Paths within an account; `depth` is how far into its history, from 0 to 1. */
const asks: [name: string, path: (depth: number) => string][] = [
  ['overview', () => `overview?${zone}`],
  ['usage, 24 h by key', () => `usage?range=24h&by=key&${zone}`],
  ['usage, 30 d by model', () => `usage?range=30d&by=model&${zone}`],
  ['requests', (depth) => `requests?${after(depth)}`],
  ['requests of a model', (depth) => `requests?model=m3&${after(depth)}`],
  ['requests of a key', (depth) => `requests?key=key_0_1&${after(depth)}`],
  ['requests that failed', (depth) => `requests?status=failed&${after(depth)}`],
  ['requests of no model', (depth) => `requests?model=none&${after(depth)}`],
]

const turns = 200
const asked = (turn: number) => `acc_${turn % 2 === 0 ? 0 : (turn * 7) % accounts}`

type Parts = Awaited<ReturnType<typeof openParts>>

/** A member of every account that is asked for, and her cookie. */
async function logIn({ store, sessions }: Parts): Promise<string> {
  const id = 'usr_reader'
  const row = { id, email: 'reader@example.com', emailVerifiedAt: start, createdAt: start }
  const ids = new Set(Array.from({ length: turns }, (_, turn) => asked(turn)))
  await store.write((db) => [
    db.insert(user).values(row).onConflictDoNothing(),
    ...[...ids].map((accountId) =>
      db
        .insert(member)
        .values({ accountId, userId: id, role: 'read-only', createdAt: start })
        .onConflictDoNothing(),
    ),
  ])
  const cookie = await sessions.open(id, { address: '127.0.0.1', agent: null })
  return cookie.split(';')[0] ?? ''
}

async function measure(
  url: string,
  cookie: string,
  path: (depth: number) => string,
): Promise<number[]> {
  const times: number[] = []
  for (let turn = 0; turn < turns; turn++) {
    const depth = ((turn * 0.618) % 1) * 0.98 + 0.02
    const begun = performance.now()
    const reply = await fetch(`${url}/api/accounts/${asked(turn)}/${path(depth)}`, {
      headers: { cookie },
    })
    const body = await reply.text()
    times.push(performance.now() - begun)
    if (!reply.ok) throw new Error(body)
  }
  return times.sort((a, b) => a - b)
}

const { values } = parseArgs({
  args: Bun.argv.slice(2),
  options: { rows: { type: 'string' }, data: { type: 'string' } },
})
const rows = Number(values.rows ?? 10_000_000)
const directory = values.data ?? mkdtempSync(join(tmpdir(), 'kkai-usage-'))
try {
  const path = join(directory, 'kkai.db')
  const begun = performance.now()
  if (!existsSync(path)) await seed(path, rows)
  const seconds = ((performance.now() - begun) / 1000).toFixed()
  const megabytes = (statSync(path).size / 1e6).toFixed()
  process.stdout.write(`${rows} records, ${megabytes} MB, written in ${seconds} s\n`)
  const { config } = readSettings({ data: directory }, {})
  const clock = { now: () => now, elapsed: () => performance.now() }
  const parts = await openParts(config, silentLog, { clock })
  const listen = { hostname: '127.0.0.1', port: 0 }
  const { bodyLimitBytes } = config
  const http = createHttp({ ...parts, listen, publicUrl: () => null, bodyLimitBytes })
  http.use(usageRoutes(parts, parts.catalog, openBodies(parts.store, parts.sealingKey)))
  const { url } = startHttp(http, listen)
  const cookie = await logIn(parts)
  let missed = false
  for (const [name, ask] of asks) {
    const times = await measure(url, cookie, ask)
    const [middle = 0, high = 0] = [times[turns / 2], times[Math.floor(turns * 0.99)]]
    missed ||= high > budgetMs
    const mark = high > budgetMs ? `more than ${budgetMs} ms` : 'ok'
    process.stdout.write(
      `${name.padEnd(24)} p50 ${middle.toFixed(1)} ms, p99 ${high.toFixed(1)} ms  ${mark}\n`,
    )
  }
  const first = performance.now()
  await openMeasurements(parts.store, clock)()
  process.stdout.write(`status, first time ${(performance.now() - first).toFixed(0)} ms\n`)
  await http.server?.stop(true)
  await parts.close()
  process.exitCode = missed ? 1 : 0
} finally {
  if (values.data === undefined) rmSync(directory, { recursive: true, force: true })
}
