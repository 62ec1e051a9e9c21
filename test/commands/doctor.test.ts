/** `kkai doctor` and `kkai systemd`: what is wrong is said with what to do, and a unit is filled in. */
import { afterAll, describe, expect, test } from 'bun:test'
import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { kkai, kkaiJson, newData } from '../helpers/kkai.ts'
import { newUser } from '../helpers/people.ts'
import { startTestServer } from '../helpers/server.ts'

interface Facts {
  ok: boolean
  facts: { name: string; ok: boolean | null; value: string }[]
}

async function doctor(data: string, env: Record<string, string> = {}) {
  const { stdout, exit } = await kkai(['doctor', '--json', '--data', data], env)
  const { ok, facts } = JSON.parse(stdout) as Facts
  expect(exit).toBe(ok ? 0 : 1)
  return Object.fromEntries(facts.map((fact) => [fact.name, fact]))
}

/** A shop that is well: it sells, has a backup and was verified. */
async function newShop(): Promise<string> {
  const data = newData()
  const file = join(data, 'catalog.json')
  const channel = { id: 'main', provider: 'openai', credential: 'sk-upstream' }
  writeFileSync(file, JSON.stringify({ channels: [channel], models: [] }))
  await kkaiJson(['catalog', 'apply', file, '--data', data])
  await kkaiJson(['backup', join(data, 'copy.db'), '--data', data])
  await kkaiJson(['verify', '--data', data])
  return data
}

test('a platform that is well is told so, and nothing is left behind', async () => {
  const data = await newShop()
  const before = readdirSync(data)
  const facts = await doctor(data)
  // How fast the disk of the machine is, and how full, is not the test's to say.
  const { fsync: _, disk: __, ...judged } = facts
  expect(Object.values(judged).filter(({ ok }) => ok === false)).toEqual([])
  expect(facts.backup?.value).toMatch(/^\d min ago, /)
  expect(facts.verify?.value).toStartWith('in order')
  expect(
    readdirSync(data).filter((name) => !before.includes(name) && !/-(wal|shm)$/.test(name)),
  ).toEqual([])
})

describe('what is wrong is found:', () => {
  const closed = createServer().listen(0, '127.0.0.1')
  const { port } = closed.address() as { port: number }
  closed.close()
  const smtp = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
  afterAll(() => {
    smtp.close()
  })
  const open = (smtp.address() as { port: number }).port

  test.each<[what: string, fact: string, env: Record<string, string>, ok: boolean]>([
    [
      'a mail server that is not there',
      'mail',
      { KKAI_SMTP_URL: `smtp://127.0.0.1:${port}` },
      false,
    ],
    ['one that is', 'mail', { KKAI_SMTP_URL: `smtp://127.0.0.1:${open}` }, true],
    [
      'a public address where nothing answers',
      'public_url',
      { KKAI_PUBLIC_URL: `http://127.0.0.1:${port}` },
      false,
    ],
  ])('%s', async (_, fact, env, ok) => {
    const facts = await doctor(await newShop(), env)
    expect(facts[fact]?.ok).toBe(ok)
    expect(facts[fact]?.value).not.toContain('127.0.0.1')
  })

  test('a sealing key that others may read, no backup, nothing to sell, in words', async () => {
    const data = newData()
    await kkaiJson(['account', 'create', '--email', 'ann@example.com', '--data', data])
    chmodSync(join(data, 'sealing.key'), 0o644)
    const { stdout, exit } = await kkai(['doctor', '--data', data])
    expect(exit).toBe(1)
    for (const words of ['chmod 600', 'Set backup_dir', 'Nothing can be sold'])
      expect(stdout).toContain(words)
  })

  test('a database that is not there yet, without making one', async () => {
    const data = newData()
    expect((await doctor(data)).database).toMatchObject({ ok: false, value: 'There is none yet.' })
    expect(readdirSync(data)).toEqual([])
  })
})

test('the system page’s facts are for admins of every role, and name no address', async () => {
  const { parts, server } = await startTestServer({ public_url: 'http://ai.example.test' })
  await newUser(parts, 'aud', { adminRole: 'auditor' })
  const cookie = await parts.sessions.open('aud', { address: '127.0.0.1', agent: null })
  const response = await fetch(`${server.url}/api/admin/system`, {
    headers: { cookie: cookie.split(';')[0] ?? '', host: 'ai.example.test' },
  })
  const text = await response.text()
  expect(response.status).toBe(200)
  const { data } = JSON.parse(text) as { data: Facts['facts'] }
  const found = Object.fromEntries(data.map(({ name, ok }) => [name, ok]))
  expect(found).toMatchObject({ database: true, clock: true, backup: false, public_url: false })
  expect(text).not.toContain('ai.example.test')
})

describe('a unit', () => {
  test('runs the server with the directory and address that are set, and may write nowhere else', async () => {
    const env = { KKAI_PUBLIC_URL: 'https://ai.example.org', KKAI_BACKUP_DIR: '/mnt/backup' }
    const { stdout } = await kkai(['systemd', '--data', '/srv/kkai'], env)
    expect(stdout).toContain(
      'serve --data /srv/kkai --listen 127.0.0.1:8080 --public-url https://ai.example.org\n',
    )
    expect(stdout).toContain('ReadWritePaths=/srv/kkai /mnt/backup\n')
    expect(stdout).toContain('ProtectSystem=strict\n')
    expect(stdout).toContain('TimeoutStopSec=45\n')
  })
  test.each([
    ['--caddy', 'flush_interval -1'],
    ['--nginx', 'proxy_buffering off;'],
  ])('has a proxy before it that passes streams on: %s', async (flag, line) => {
    const { stdout } = await kkai(['systemd', flag])
    expect(stdout).toContain(line)
  })
  test.each(['--caddy', '--nginx'])(
    'has browsers come by TLS only, for a year: %s',
    async (flag) => {
      const { stdout } = await kkai(['systemd', flag])
      expect(stdout).toContain('Strict-Transport-Security "max-age=31536000; includeSubDomains"')
    },
  )
  test.each([
    ['a directory with a space', ['--data', '/srv/my data'], 'plain letters'],
    ['two proxies', ['--caddy', '--nginx'], 'Choose one'],
  ])('is refused for %s', async (_, args, why) => {
    const ran = await kkai(['systemd', ...args])
    expect(ran).toMatchObject({ exit: 2, stderr: expect.stringContaining(why) })
  })
})
