/** The daily backup of a server: made, sent to a bucket, the last few kept. */
import { afterAll, expect, test } from 'bun:test'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kkai, kkaiJson, newData, startKkai } from '../helpers/kkai.ts'

/** Something like S3 on loopback: keeps what is put, unless it is full, and knows what it has. */
function startBucket() {
  const kept = new Map<string, Uint8Array>()
  const state = { full: true }
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async (request) => {
      const { pathname } = new URL(request.url)
      if (!request.headers.get('authorization')?.includes('Credential=key-id/')) {
        return new Response(null, { status: 403 })
      }
      if (request.method !== 'PUT') {
        return new Response(null, { status: kept.has(pathname) ? 200 : 404 })
      }
      const bytes = await request.bytes()
      if (state.full) return new Response(null, { status: 403 })
      kept.set(pathname, bytes)
      return new Response(null, { headers: { etag: '"x"' } })
    },
  })
  afterAll(() => server.stop(true))
  return { url: `http://127.0.0.1:${server.port}`, kept, state }
}

async function until<T>(look: () => T | null | undefined | false): Promise<T> {
  for (let tries = 0; tries < 400; tries++) {
    const found = look()
    if (found) return found
    await Bun.sleep(25)
  }
  throw new Error('it did not come about')
}

test('a server with a backup directory makes one, keeps the last, and sends it', async () => {
  const data = newData()
  const directory = join(newData(), 'daily')
  mkdirSync(directory)
  for (const day of ['01', '02', '03']) {
    writeFileSync(join(directory, `kkai-2020-01-${day}T000000Z.db`), '')
  }
  writeFileSync(join(directory, 'kkai-notes.db'), 'mine')
  const bucket = startBucket()
  const settings = {
    ...{ KKAI_BACKUP_DIR: directory, KKAI_BACKUP_KEEP: '2' },
    ...{ KKAI_BACKUP_S3_ENDPOINT: bucket.url, KKAI_BACKUP_S3_BUCKET: 'backups' },
    ...{ KKAI_BACKUP_S3_REGION: 'x', KKAI_BACKUP_S3_ACCESS_KEY: 'key-id' },
    KKAI_BACKUP_S3_SECRET_KEY: 'secret',
  }
  const serve = () => startKkai(['serve', '--data', data, '--listen', '127.0.0.1:0'], settings)
  const first = await serve()
  await until(() => first.stderr().includes('"job":"backup"'))
  expect(await first.stop()).toBe(0)
  expect(bucket.kept.size).toBe(0)

  bucket.state.full = false
  // What did not arrive is sent at the next look, and no second backup is made that day.
  const second = await serve()
  await until(() => second.stderr().includes('backup.sent'))
  await until(() => readdirSync(directory).length === 3)
  const [notes, made] = readdirSync(directory).sort().reverse()
  expect(readdirSync(directory).sort()).toEqual(['kkai-2020-01-03T000000Z.db', made!, notes!])
  expect([...bucket.kept.keys()]).toEqual([`/backups/${made}`])
  const file = join(directory, made!)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  expect(Buffer.from(bucket.kept.get(`/backups/${made}`)!).equals(readFileSync(file))).toBe(true)
  const metrics = await (await fetch(`${second.facts.url}/metrics`)).text()
  expect(Number(/^kkai_backup_age_seconds (\S+)$/m.exec(metrics)?.[1])).toBeLessThan(600)
  expect(await second.stop()).toBe(0)

  const elsewhere = newData()
  await kkaiJson(['restore', file, '--data', elsewhere])
  expect((await kkai(['verify', '--data', elsewhere])).exit).toBe(0)
}, 60_000)
