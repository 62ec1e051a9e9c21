/** Attacks on keys (operations.md §3): what is no key is refused before any look-up, what is one is held to its terms. */
import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newSecret } from '../../src/key/issue.ts'
import { openWorld } from '../helpers/world.ts'

const world = await openWorld({ KKAI_LOG_LEVEL: 'debug' })
const proxied = await openWorld({ KKAI_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8' })
const { key, account, hash } = await world.customer()

/** The code of a call that carries these headers; `ok` when it is answered. */
async function codeOf(headers: Record<string, string>, path = 'chat/completions'): Promise<string> {
  const response = await fetch(`${world.url}/api/v1/${path}`, {
    ...(path.startsWith('chat') && { method: 'POST' }),
    headers,
    ...(path.startsWith('chat') && {
      body: JSON.stringify({ model: 'sim-fast', messages: [{ role: 'user', content: 'Hello' }] }),
    }),
  })
  const { error } = (await response.json()) as { error?: { code: string } }
  return error?.code ?? 'ok'
}
const withKey = (secret: string) => codeOf({ authorization: `Bearer ${secret}` })
const swapCase = (text: string) =>
  text.replace(/[a-z]/gi, (letter) => (letter < 'a' ? letter.toLowerCase() : letter.toUpperCase()))

describe('what is no key opens nothing', () => {
  test.each<[string, string]>([
    ['SQL', "' OR '1'='1"],
    ['SQL behind the prefix', "sk-kk-' OR 1=1 --"],
    ['a union', "sk-kk-x' UNION SELECT hash FROM key --"],
    ['the empty text', ''],
    ['the prefix alone', 'sk-kk-'],
    ['all but its last character', key.slice(0, -1)],
    ['its first half', key.slice(0, 27)],
    ['a character more', `${key}x`],
    ['another checksum', key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a')],
    ['the other case', swapCase(key)],
    ['upper case', key.toUpperCase()],
    ['a wildcard', `${key.slice(0, -1)}%`],
    ['its hash', hash],
    ['its account', account],
    ['a well-formed key that was never issued', newSecret()],
    ['a key and something', `${key} ${key}`],
    ['a very long text', `sk-kk-${'a'.repeat(5_000)}`],
  ])('%s', async (_, secret) => {
    expect(await withKey(secret)).toBe('invalid_api_key')
    expect(await codeOf({ 'x-api-key': secret })).toBe('invalid_api_key')
  })

  test.each(['chat/completions', 'models', 'key', 'credits', 'generation?id=gen-1'])(
    'on %s',
    async (path) => {
      expect(await codeOf({ authorization: `Bearer ${newSecret()}` }, path)).toBe('invalid_api_key')
    },
  )
})

test.each<[string, Record<string, string>, string]>([
  ['Bearer', { authorization: `Bearer ${key}` }, 'ok'],
  ['bearer, in any case', { authorization: `bearer ${key}` }, 'ok'],
  ['more blanks', { authorization: `Bearer   ${key}` }, 'ok'],
  ['x-api-key', { 'x-api-key': key }, 'ok'],
  ['the same twice', { authorization: `Bearer ${key}`, 'x-api-key': key }, 'ok'],
  ['two keys', { authorization: `Bearer ${key}`, 'x-api-key': world.key }, 'ambiguous_credentials'],
  [
    'a key and nonsense',
    { authorization: `Bearer ${key}`, 'x-api-key': 'x' },
    'ambiguous_credentials',
  ],
  ['Basic', { authorization: `Basic ${btoa(`${key}:`)}` }, 'invalid_api_key'],
  ['no scheme', { authorization: key }, 'invalid_api_key'],
  ['nothing', {}, 'invalid_api_key'],
])('sent as %s: %s', async (_, headers, code) => {
  expect(await codeOf(headers)).toBe(code)
})

test.each([
  `chat/completions?key=${key}`,
  `models?api_key=${key}`,
  `models/${key}`,
  `key?x=${key}`,
])('a key in a URL is refused, with and without another: %#', async (path) => {
  expect(await codeOf({}, path)).toBe('key_in_url')
  expect(await codeOf({ authorization: `Bearer ${key}` }, path)).toBe('key_in_url')
})

describe('a key is held to its terms from the moment they change', () => {
  test('disabled and enabled, revoked for good', async () => {
    const one = await world.newKey(account)
    const codes: string[] = []
    for (const command of ['disable', 'enable', 'revoke']) {
      await world.run(`key ${command}`, { hash: one.hash })
      codes.push(await withKey(one.key))
    }
    expect(codes).toEqual(['invalid_api_key', 'ok', 'invalid_api_key'])
    expect(world.run('key enable', { hash: one.hash })).rejects.toThrow('not revoked')
  })

  test('revoked by possession', async () => {
    const one = await world.newKey(account)
    await world.run('key revoke', { hash: one.key })
    expect(await withKey(one.key)).toBe('invalid_api_key')
  })

  test('expired', async () => {
    const expires = new Date(Date.now() + 1_000)
    const one = await world.newKey(account, { limits: { expires: expires.toISOString() } })
    expect(await withKey(one.key)).toBe('ok')
    await Bun.sleep(expires.getTime() - Date.now() + 5)
    expect(await withKey(one.key)).toBe('invalid_api_key')
  })
})

describe('it is used from its addresses only', () => {
  test.each<[string, string]>([
    ['127.0.0.1', 'ok'],
    ['127.0.0.0/8', 'ok'],
    ['::ffff:127.0.0.1', 'ok'],
    ['::ffff:127.0.0.0/104', 'ok'],
    ['0.0.0.0/0', 'ok'],
    ['10.0.0.0/8,127.0.0.1/32', 'ok'],
    ['127.0.0.2', 'ip_not_allowed'],
    ['10.0.0.0/8', 'ip_not_allowed'],
    ['::1', 'ip_not_allowed'],
    ['2001:db8::/32', 'ip_not_allowed'],
  ])('%s: %s', async (ips, code) => {
    expect(await withKey((await world.newKey(account, { limits: { ips } })).key)).toBe(code)
  })

  const from = async (place: typeof world, forwarded: string) => {
    const limited = await place.newKey(place.account, { limits: { ips: '203.0.113.7' } })
    const headers = { 'x-forwarded-for': forwarded }
    const { body } = await place.ask({ model: 'sim-fast' }, { key: limited.key, headers })
    return body.error?.code ?? 'ok'
  }

  test('a stranger’s X-Forwarded-For is not believed', async () => {
    expect(await from(world, '203.0.113.7')).toBe('ip_not_allowed')
  })

  test.each<[string, string]>([
    ['203.0.113.7', 'ok'],
    ['::ffff:203.0.113.7', 'ok'],
    ['198.51.100.1, 203.0.113.7, 10.1.2.3', 'ok'],
    ['203.0.113.7, 198.51.100.1', 'ip_not_allowed'],
    ['203.0.113.7, nonsense', 'ip_not_allowed'],
    ['', 'ip_not_allowed'],
  ])('a trusted proxy’s is, from its end on: %p', async (forwarded, code) => {
    expect(await from(proxied, forwarded)).toBe(code)
  })
})

test('another account’s call is not there', async () => {
  const { body } = await world.ask({ model: 'sim-fast' })
  expect(await codeOf({ authorization: `Bearer ${world.key}` }, `generation?id=${body.id}`)).toBe(
    'ok',
  )
  expect(await codeOf({ authorization: `Bearer ${key}` }, `generation?id=${body.id}`)).toBe(
    'not_found',
  )
})

// Last of all, so that everything above was written.
test('of all these keys only the hash is kept, and nothing is logged', () => {
  const files = readdirSync(world.data).filter((name) => name.startsWith('kkai.db'))
  const kept = files.map((name) => readFileSync(join(world.data, name), 'latin1')).join('')
  expect(kept).toContain(hash)
  for (const secret of [key, world.key]) {
    expect(kept).not.toContain(secret)
    expect(world.stderr()).not.toContain(secret)
  }
  expect(world.stderr()).toContain('"http.refused"')
})
