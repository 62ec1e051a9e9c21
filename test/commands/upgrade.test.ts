/** The executable is put in place of each released one: it says what it will do, does it, and customers notice nothing. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { migrations } from '../../migrations/list.ts'
import { kkai, kkaiJson, type Started, startKkai } from '../helpers/kkai.ts'
import { layRelease, readRows, releases } from '../helpers/releases.ts'

/** Of "Hello" by sim-fast, in nano-USD, in each release. */
const callCost = 5550n

describe.each(releases)('a data directory of $name', (release) => {
  const { name, account, key, balances } = release
  const missing = migrations.map((one) => one.name).filter((one) => one.slice(0, 4) > name)
  const copy = `kkai.db.before-${missing[0]?.slice(0, 4)}`
  let data: string
  let server: Started<{ url: string }>
  const run = <T>(...args: string[]) => kkaiJson<T>([...args, '--data', data])
  const serve = () => startKkai(['serve', '--listen', '127.0.0.1:0', '--data', data])
  const balance = async (id: string) =>
    BigInt((await run<{ balance_nano: string }>('account', 'show', id)).balance_nano)

  beforeAll(() => {
    data = layRelease(release)
  })

  test('is told what is to come, and nothing is changed by that', async () => {
    const before = readFileSync(join(data, 'kkai.db'))
    const { exit, stdout } = await kkai(['migrate', '--check', '--data', data])
    expect(exit).toBe(1)
    expect(stdout).toBe(missing.map((one) => `would run: ${one}\n`).join(''))
    expect(readFileSync(join(data, 'kkai.db')).equals(before)).toBe(true)
  })

  test('is upgraded by a start, which keeps what it was', async () => {
    const before = readRows(join(data, 'kkai.db'))
    server = await serve()
    expect(readdirSync(data).filter((file) => file.includes('before'))).toEqual([copy])
    expect(readRows(join(data, copy))).toEqual(before)
    expect((await kkai(['migrate', '--check', '--data', data])).exit).toBe(0)
    expect(await kkai(['verify', '--data', data])).toMatchObject({ exit: 0 })
    for (const [id, nano] of Object.entries(balances)) expect(await balance(id)).toBe(BigInt(nano))
  })

  test('serves the keys of before, on credit of before and after', async () => {
    const simulator = await startKkai(['simulate', '--listen', '127.0.0.1:0'])
    const file = join(data, 'catalog.json')
    // Its provider is elsewhere now; the credential stays the one that is sealed there.
    const channel = { id: 'simulated', provider: 'simulated', allow_private: true }
    const channels = [{ ...channel, base_url: `${simulator.facts.url}/v1` }]
    writeFileSync(file, JSON.stringify({ channels }))
    await run('catalog', 'apply', file)
    await run('credit', 'grant', account, '1', '--reason', 'sorry')
    for (const stream of [false, true]) {
      const response = await fetch(`${server.facts.url}/api/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          ...{ model: 'sim-fast', stream },
          messages: [{ role: 'user', content: 'Hello' }],
        }),
      })
      expect([response.status, await response.text()]).toEqual([200, expect.any(String)])
    }
    expect(await balance(account)).toBe(BigInt(balances[account]!) + 10n ** 9n - 2n * callCost)
    expect(await kkai(['verify', '--data', data])).toMatchObject({ exit: 0 })
  })

  test('can be gone back from: the copy is put in place, and what came after stays beside it', async () => {
    expect(await server.stop()).toBe(0)
    await run('restore', join(data, copy))
    expect(await balance(account)).toBe(BigInt(balances[account]!))
    expect(readdirSync(data).some((file) => file.startsWith('kkai.db.replaced-'))).toBe(true)
    expect(await kkai(['verify', '--data', data])).toMatchObject({ exit: 0 })
  })
})
