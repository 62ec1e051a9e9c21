/**
 * How fast a member's pages are with a long history: `bun test/bench/usage-rows.ts [--rows 10000000]`. Writes that many
 * usage records of 1,000 accounts, a fifth of them the first one's, straight into a database of its own, and measures
 * what the dashboard asks for, in this process, as the server would. `--data` keeps the database there for the next time.
 */
import { Database } from 'bun:sqlite'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { firstId } from '../../src/base/id.ts'
import { openMeasurements } from '../../src/catalog/measured.ts'
import { showOverview } from '../../src/gateway/usage-overview.ts'
import { readRange } from '../../src/gateway/usage-range.ts'
import { listRequests } from '../../src/gateway/usage-requests.ts'
import { readSeries } from '../../src/gateway/usage-series.ts'
import { failures } from '../../src/ledger/record.ts'
import { openStore } from '../../src/store/open.ts'
import type { Store } from '../../src/store/store.ts'

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

type Ask = (store: Store, account: string, depth: number) => Promise<unknown>

const at = (depth: number) => Math.floor(start + depth * (now - start))
const page = (filter: Parameters<typeof listRequests>[2]): Ask => {
  return (store, account, depth) =>
    listRequests(store, account, filter, {
      after: { createdAt: at(depth), id: 'gen-' },
      limit: 50,
    })
}
const range = (name: '24h' | '30d') => readRange({ range: name, time_zone: 'Asia/Taipei' }, now)
const catalog = { models: new Map() }

const asks: [name: string, ask: Ask][] = [
  ['overview', (store, account) => showOverview(store, catalog, account, { now })],
  ['usage, 24 h by key', (store, account) => readSeries(store, account, range('24h'), 'key')],
  ['usage, 30 d by model', (store, account) => readSeries(store, account, range('30d'), 'model')],
  ['requests', page({})],
  ['requests of a model', page({ model: 'm3' })],
  ['requests of a key', page({ key: 'key_0_1' })],
  ['requests that failed', page({ status: 'failed' })],
  ['requests of no model', page({ model: 'none' })],
]

const turns = 200

async function measure(store: Store, ask: Ask): Promise<number[]> {
  const times: number[] = []
  for (let turn = 0; turn < turns; turn++) {
    const account = `acc_${turn % 2 === 0 ? 0 : (turn * 7) % accounts}`
    const begun = performance.now()
    await ask(store, account, ((turn * 0.618) % 1) * 0.98 + 0.02)
    times.push(performance.now() - begun)
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
  const store = await openStore(path, now)
  let missed = false
  for (const [name, ask] of asks) {
    const times = await measure(store, ask)
    const [middle = 0, high = 0] = [times[turns / 2], times[Math.floor(turns * 0.99)]]
    missed ||= high > budgetMs
    const mark = high > budgetMs ? `more than ${budgetMs} ms` : 'ok'
    process.stdout.write(
      `${name.padEnd(24)} p50 ${middle.toFixed(1)} ms, p99 ${high.toFixed(1)} ms  ${mark}\n`,
    )
  }
  const first = performance.now()
  await openMeasurements(store, { now: () => now, elapsed: () => 0 })()
  process.stdout.write(`status, first time ${(performance.now() - first).toFixed(0)} ms\n`)
  await store.close()
  process.exitCode = missed ? 1 : 0
} finally {
  if (values.data === undefined) rmSync(directory, { recursive: true, force: true })
}
