/**
 * What there is to know of a running platform when something seems wrong, each fact judged where it can be. No fact holds an
 * address, a name or a secret, so that they can be sent to whoever helps.
 */
import { open, rm, stat, statfs } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Asked, Fact, FactName } from './system.ts'

const longestWaitMs = 5_000
const hourMs = 3_600_000
const mostDriftMs = 5_000
const leastFreeBytes = 1e9
const mostLogBytes = 1e9
const mostFsyncMs = 20
const oldestBackupMs = 36 * hourMs

type Judged = Pick<Fact, 'ok' | 'value'>
const judge = (ok: boolean | null, value: string): Judged => ({ ok, value })
const size = (bytes: number) =>
  bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
const ago = (ms: number) =>
  ms < 2 * hourMs ? `${Math.round(ms / 60_000)} min ago` : `${Math.round(ms / hourMs)} h ago`

// In the order they are shown.
const facts: Record<FactName, (asked: Asked) => Promise<Judged> | Judged> = {
  program: ({ version }) =>
    judge(null, `kkai ${version}, Bun ${Bun.version}, ${process.platform}-${process.arch}`),
  database: async ({ kind, schema, rows }) => {
    const { last, missing, unknown } = schema
    if (last === null) return judge(false, 'There is none yet.')
    if (unknown > 0) return judge(false, 'It was made by a newer version.')
    if (missing > 0 || rows === null)
      return judge(false, `Migrations that have not run: ${missing}.`)
    const [row] = await rows(kind === 'sqlite' ? 'SELECT sqlite_version()' : 'SHOW server_version')
    return judge(true, `${kind === 'sqlite' ? 'SQLite' : 'PostgreSQL'} ${row?.[0]}, schema ${last}`)
  },
  clock: async ({ kind, rows, now }) => {
    if (rows === null) return judge(null, '–')
    // SQLite has this machine's time: but nothing in it may be from the future.
    const text =
      kind === 'sqlite'
        ? 'SELECT created_at FROM transfer ORDER BY id DESC LIMIT 1'
        : 'SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)'
    const [row] = await rows(text)
    const ahead = Number(row?.[0] ?? now) - now
    const drift = kind === 'sqlite' ? Math.max(0, ahead) : Math.abs(ahead)
    return judge(drift <= mostDriftMs, `${(drift / 1000).toFixed(1)} s apart from the database`)
  },
  disk: async ({ config }) => {
    const { bavail, bsize, blocks } = await statfs(config.data)
    const [free, all] = [bavail * bsize, blocks * bsize]
    return judge(free >= leastFreeBytes, `${size(free)} of ${size(all)} free`)
  },
  fsync: async ({ config }) => {
    const ms = await timeFsync(join(config.data, `.doctor-${process.pid}`))
    return judge(ms <= mostFsyncMs, `${ms.toFixed(1)} ms`)
  },
  log: async ({ kind, config }) => {
    if (kind !== 'sqlite') return judge(null, '–')
    const bytes = await sizeOf(join(config.data, 'kkai.db-wal'))
    return judge(bytes <= mostLogBytes, size(bytes))
  },
  backup: ({ kind, backup, now }) => {
    if (kind !== 'sqlite') return judge(null, 'PostgreSQL’s own')
    if (backup === null) return judge(false, 'never')
    const age = now - backup.at
    return judge(age <= oldestBackupMs, `${ago(age)}, ${size(backup.bytes)}`)
  },
  verify: ({ verify, now }) =>
    verify === null
      ? judge(null, 'never')
      : judge(verify.ok, `${verify.ok ? 'in order' : 'not in order'}, ${ago(now - verify.at)}`),
  sealing_key: async ({ config }) => {
    if (config.sealingKey !== null) return judge(true, 'a setting')
    const mode = ((await stat(join(config.data, 'sealing.key'))).mode & 0o777).toString(8)
    return judge(mode === '600' || mode === '400', `a file of mode ${mode}`)
  },
  providers: async ({ rows }) => {
    if (rows === null) return judge(null, '–')
    const [row] = await rows("SELECT count(*) FROM channel WHERE state = 'active'")
    return judge(Number(row?.[0]) > 0, `active channels: ${row?.[0]}`)
  },
  payments: async ({ rows, now }) => {
    if (rows === null) return judge(null, '–')
    const last = await rows(
      'SELECT processor, MAX(paid_at) FROM top_up GROUP BY processor ORDER BY 1',
    )
    const said = last.map(
      ([name, at]) => `${name} ${at === null ? 'never' : ago(now - Number(at))}`,
    )
    return judge(null, said.join(', ') || 'none yet')
  },
  mail: async ({ config, now }) => {
    if (config.smtpUrl === null) return judge(null, 'off')
    const { hostname, port, protocol } = new URL(config.smtpUrl)
    await knock(hostname, Number(port) || (protocol === 'smtps:' ? 465 : 587))
    return judge(true, `answers in ${Date.now() - now} ms`)
  },
  public_url: async ({ publicUrl, now }) => {
    if (publicUrl === null) return judge(null, 'not set')
    const signal = AbortSignal.timeout(longestWaitMs)
    const { status } = await fetch(`${publicUrl}/healthz`, { signal, redirect: 'manual' })
    return judge(status === 200, `answers ${status} in ${Date.now() - now} ms`)
  },
}

/** What cannot be found out is not well. */
export function readFacts(asked: Asked): Promise<Fact[]> {
  return Promise.all(
    Object.entries(facts).map(async ([name, read]) => {
      const judged = await Promise.resolve()
        .then(() => read(asked))
        .catch((cause: { code?: string; name?: string }) =>
          judge(false, `no answer (${cause.code ?? cause.name})`),
        )
      return { name: name as FactName, ...judged }
    }),
  )
}

/** The middle of five. */
async function timeFsync(path: string): Promise<number> {
  const file = await open(path, 'w', 0o600)
  try {
    const times: number[] = []
    for (let nth = 0; nth < 5; nth++) {
      await file.write(Buffer.alloc(4096), 0, 4096, nth * 4096)
      const startedAt = performance.now()
      await file.sync()
      times.push(performance.now() - startedAt)
    }
    return times.sort((a, b) => a - b)[2] as number
  } finally {
    await file.close()
    await rm(path, { force: true })
  }
}

const sizeOf = (path: string) =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

/** Connects and goes away. */
function knock(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: longestWaitMs })
    const end = (settle: () => void) => {
      socket.destroy()
      settle()
    }
    socket.on('connect', () => end(resolve))
    socket.on('timeout', () => end(() => reject({ code: 'ETIMEDOUT' })))
    socket.on('error', (cause) => end(() => reject(cause)))
  })
}
