/**
 * What a provider says it charged is kept with the call and compared, and is nobody's price: no client sees it, and nobody
 * pays by it.
 */
import { beforeAll, describe, expect, spyOn, test } from 'bun:test'
import { formatUsd } from '../../src/base/amount.ts'
import { completionTokens, promptTokens } from '../../src/base/units.ts'
import { readMonthOfChannels } from '../../src/billing/report-provider.ts'
import { charge } from '../../src/demo/simulator/usage.ts'
import { sumChannels } from '../../src/ledger/channel-sums.ts'
import { hello } from '../helpers/world.ts'
import { type Customer, openPlatform, type Platform, stores } from './platform.ts'

describe.each(stores)('on %s', (_, settings) => {
  let platform: Platform
  let ann: Customer
  beforeAll(async () => {
    platform = await openPlatform(await settings())
    ann = await platform.customer(1_000_000_000n)
  }, 30_000)

  /** What the client is sent, the call's record, and what the provider's journal has of it. */
  async function call(upstream: string, fields: object = {}) {
    await platform.sell('m', upstream, { buy_price: { input: '0.12', output: '0.48' } })
    const response = await fetch(`${platform.url}/api/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ann.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', messages: hello, ...fields }),
    })
    const text = await response.text()
    const id = response.headers.get('x-generation-id') ?? ''
    const record = (await platform.record(id))!
    return { text, record, journal: platform.journal().get(id)?.at(-1)?.usage }
  }

  describe.each<[string, object]>([
    ['whole', {}],
    ['streamed', { stream: true, stream_options: { include_usage: true } }],
  ])('%s', (_, fields) => {
    test.each([
      ['demo/openrouter', 100],
      ['demo/openrouter@cost=103.5', 103.5],
      ['demo/xai@cost=50', 50],
    ])('%s: kept as it was said; the client is told our price', async (upstream, percent) => {
      const { text, record, journal } = await call(upstream, fields)
      expect(record.reportedCost).toBe(charge(journal!, percent))
      expect(record.reportedCost).toBeGreaterThan(0n)
      // A nano-dollar a token.
      const tokens = promptTokens(record) + completionTokens(record)
      expect([record.cost, record.charged]).toEqual([BigInt(tokens), BigInt(tokens)])
      const costs = [...text.matchAll(/"(\w*cost\w*)":([^,}]+)/g)].map(([, name, is]) => [name, is])
      expect(costs).toEqual([['cost', (tokens / 1e9).toFixed(9).replace(/0+$/, '')]])
    })

    test('what no call costs is left out, and the log says so', async () => {
      const warned = spyOn(platform.parts.log, 'warn')
      const { record } = await call('demo/openrouter@tokens=1000,cost=10000000000', fields)
      expect(record).toMatchObject({ reportedCost: null, flags: null, usageSource: 'provider' })
      const channel = expect.objectContaining({ request: record.id, channel: 'openai' })
      expect(warned.mock.calls).toEqual([['cost.doubted', channel]])
      warned.mockRestore()
    })

    test('who says nothing of it is not made to', async () => {
      expect((await call('sim-fast', fields)).record.reportedCost).toBeNull()
    })
  })

  test('what the channel is said to have charged is the sum of what its calls were', async () => {
    const { store, clock } = platform.parts
    await sumChannels(store, clock.now())
    const said = (await platform.records()).flatMap(({ reportedCost }) => reportedCost ?? [])
    expect((await readMonthOfChannels(store, clock.now())).get('openai')).toMatchObject({
      ...{ calls: said.length + 4, reported_calls: said.length },
      reported: formatUsd(said.reduce((sum, cost) => sum + cost, 0n)),
    })
  })

  test('the books verify', async () => {
    expect(await platform.failedChecks()).toEqual([])
  })
})
