/** Limits per key and over all of an account's keys [T4.2b, T4.3]: a minute's requests and tokens, calls at once, models, budgets. */
import { describe, expect, test } from 'bun:test'
import { createLimiter, duration } from '../../src/gateway/limits.ts'
import type { Key, Limits } from '../../src/key/key.ts'
import { openWorld } from '../helpers/world.ts'

const free: Limits = { rpm: null, tpm: null, concurrent: null }
/** A key with its own limits and its account's. */
const keyOf = (limits: Partial<Limits>, ofAccount: Partial<Limits> = {}, id = 'k'): Key =>
  ({
    id,
    limits: { ...free, ...limits },
    account: { id: 'acc', state: 'active', limits: { ...free, ...ofAccount } },
  }) as Key

/** What the refusal says to wait, in ms; null where the turn was taken. */
function waitOf(take: () => unknown): number | null {
  try {
    take()
    return null
  } catch (refusal) {
    return Number((refusal as { headers: Record<string, string> }).headers['retry-after-ms'])
  }
}

describe('a bucket', () => {
  test('of 60 requests a minute gives 60 at once, then one a second', () => {
    const limiter = createLimiter()
    const key = keyOf({ rpm: 60 })
    const take = (now: number) => waitOf(() => limiter.take(key, 1, now))
    for (let at = 0; at < 60; at++) expect(take(0)).toBeNull()
    expect(take(0)).toBe(1000)
    expect(take(999)).toBe(1000)
    expect([take(1000), take(1000)]).toEqual([null, 1000])
    expect(take(3_600_000)).toBeNull()
    for (let at = 0; at < 59; at++) expect(take(3_600_000)).toBeNull()
    expect(take(3_600_000)).toBe(1000)
  })

  test('of tokens is corrected to what was used, once', () => {
    const limiter = createLimiter()
    const key = keyOf({ tpm: 1000 })
    const turn = limiter.take(key, 900, 0)
    expect(waitOf(() => limiter.take(key, 200, 0))).toBe(6_000)
    turn.done(100)
    turn.done(0)
    expect(limiter.take(key, 900, 0).headers['x-ratelimit-remaining-tokens']).toBe('0')
  })

  test('lets a call that is larger than a minute’s tokens wait for a full one, not for ever', () => {
    const limiter = createLimiter()
    const key = keyOf({ tpm: 1000 })
    limiter.take(key, 5_000, 0)
    expect(waitOf(() => limiter.take(key, 5_000, 0))).toBe(300_000)
    expect(waitOf(() => limiter.take(key, 5_000, 300_000))).toBeNull()
  })

  test('that was refused has taken nothing: neither of key nor of account', () => {
    const limiter = createLimiter()
    limiter.take(keyOf({ rpm: 1 }, { rpm: 3 }), 1, 0)
    expect(waitOf(() => limiter.take(keyOf({ rpm: 1 }, { rpm: 3 }), 1, 0))).toBe(60_000)
    const other = limiter.take(keyOf({}, { rpm: 3 }, 'other'), 1, 0)
    expect(other.headers['x-ratelimit-remaining-requests']).toBe('1')
  })

  test('shows whichever of key and account has less left', () => {
    const limiter = createLimiter()
    const { headers } = limiter.take(keyOf({ rpm: 100, tpm: 500 }, { rpm: 10, tpm: 900 }), 50, 0)
    expect(headers).toEqual({
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-requests': '9',
      'x-ratelimit-reset-requests': '6s',
      'x-ratelimit-limit-tokens': '500',
      'x-ratelimit-remaining-tokens': '450',
      'x-ratelimit-reset-tokens': '6s',
    })
  })

  test.each([
    [0, '0ms'],
    [14.2, '15ms'],
    [1_000, '1s'],
    [1_150, '1.2s'],
    [60_000, '1m0s'],
    [360_000, '6m0s'],
    [61_500, '1m2s'],
  ])('says %p ms as OpenAI does: %s', (ms, text) => expect(duration(ms)).toBe(text))
})

const world = await openWorld({ KKAI_TIERS: '{"small": {"rpm": 5, "concurrent": 3}}' })
const limited = (limits: Record<string, string>) => world.customer({ limits })
const codeOf = async (key: string, fields = {}) =>
  (await world.ask({ model: 'sim-fast', ...fields }, { key })).body.error?.code ?? 'ok'
const codesOf = async (keys: string[], fields = {}) =>
  (await Promise.all(keys.map((key) => codeOf(key, fields)))).toSorted()
await world.sell('paced', { upstream: 'sim-chat@silence=400' })

describe('through the front door', () => {
  test('requests a minute', async () => {
    const { key } = await limited({ rpm: '3' })
    expect(await codesOf(Array(5).fill(key))).toEqual([
      'ok',
      'ok',
      'ok',
      'rate_limit_exceeded',
      'rate_limit_exceeded',
    ])
  })

  test('tokens a minute: a call is foreseen by what it may write, and counted by what it wrote', async () => {
    const { key } = await limited({ tpm: '1000' })
    expect(await codesOf([key, key], { model: 'paced', max_tokens: 900 })).toEqual([
      'ok',
      'rate_limit_exceeded',
    ])
    expect(await codeOf(key, { max_tokens: 900 })).toBe('ok')
  })

  test('calls at once: the place is free when the call has ended, however it ends', async () => {
    const { key } = await limited({ concurrent: '1' })
    expect(await codesOf([key, key], { model: 'paced' })).toEqual(['ok', 'rate_limit_exceeded'])
    expect(await codesOf([key, key], { model: 'paced', stream: false })).toEqual([
      'ok',
      'rate_limit_exceeded',
    ])
    for (const model of ['demo/500', 'gpt-none', 'demo/400', 'sim-fast']) {
      expect(await codeOf(key, { model })).not.toBe('rate_limit_exceeded')
      expect((await world.stream({ model }, { key })).error?.code).not.toBe('rate_limit_exceeded')
    }
    const leaving = new AbortController()
    const left = world.send({ model: 'paced' }, { key, signal: leaving.signal }).catch(() => {})
    await Bun.sleep(100)
    leaving.abort()
    await left
    // What was delivered is counted first.
    for (let tries = 0; tries < 50 && (await codeOf(key)) !== 'ok'; tries++) await Bun.sleep(50)
    expect(await codeOf(key)).toBe('ok')
  })

  test('a tier’s limits hold over all keys of the account: more keys give no more [T4.2b]', async () => {
    const { account, key } = await world.customer({ tier: 'small' })
    const keys = [
      key,
      ...(await Promise.all([1, 2, 3, 4].map(() => world.newKey(account)))).map((one) => one.key),
    ]
    const atOnce = await codesOf(keys, { model: 'paced' })
    expect(atOnce.filter((code) => code === 'ok')).toHaveLength(3)
    const after = await codesOf(keys)
    expect(after.filter((code) => code === 'ok')).toHaveLength(2)
  })

  test('models that a key is bound to', async () => {
    const { key } = await limited({ models: 'sim-fast,anthropic/sim-fast' })
    expect(await codeOf(key)).toBe('ok')
    expect(await codeOf(key, { model: 'anthropic/sim-fast' })).toBe('ok')
    expect(await codeOf(key, { model: 'sim-chat' })).toBe('model_not_allowed')
  })
})

describe('a key’s budget', () => {
  test('is spent to its end, and 402 says so; the account’s other key goes on', async () => {
    const { account, key } = await world.customer()
    const bound = await world.newKey(account, { limits: { limit: '0.0001', reset: 'monthly' } })
    const ask = () => world.ask({ model: 'sim-fast', max_tokens: 100 }, { key: bound.key })
    let answered = 0
    let last = await ask()
    for (; last.status === 200 && answered < 50; answered++) last = await ask()
    expect(last.body.error).toMatchObject({ code: 'key_limit_reached', type: 'insufficient_quota' })
    expect(answered).toBeGreaterThan(1)
    expect(await codeOf(key)).toBe('ok')

    const response = await fetch(`${world.url}/api/v1/key`, {
      headers: { authorization: `Bearer ${bound.key}` },
    })
    const { data } = (await response.json()) as { data: Record<string, number | string> }
    expect(data).toMatchObject({ limit: 0.0001, limit_reset: 'monthly' })
    expect(data.usage_monthly).toBe(data.usage!)
    expect(data.usage as number).toBeCloseTo(0.0001 - (data.limit_remaining as number), 9)
  })

  test('raised while the server runs is there at once', async () => {
    const { key, hash } = await limited({ limit: '0.000001' })
    expect(await codeOf(key)).toBe('key_limit_reached')
    await world.run('key limit', { hash, limit: '1' })
    expect(await codeOf(key)).toBe('ok')
  })
})

test('credit and usage are told as they are in the ledger', async () => {
  const { account, key } = await world.customer({ credit: '10' })
  const { body } = await world.ask({ model: 'sim-chat' }, { key })
  const response = await fetch(`${world.url}/api/v1/credits`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const { balance } = await world.balance(account)
  const { data } = (await response.json()) as { data: object }
  expect(data).toEqual({
    ...{ total_credits: 10, total_usage: body.usage!.cost, held: '0.00' },
    balance: (Number(balance) / 1e9).toString(),
  })
})
