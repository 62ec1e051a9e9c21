/** The acts about what is sold, with models and channels for each of them (`acts.ts`). */
import { afterAll } from 'bun:test'
import { publishPrice } from '../../src/admin/price-change.ts'
import { applyCatalog } from '../../src/catalog/apply.ts'
import { proposePrices } from '../../src/catalog/sync.ts'
import { startSimulator } from '../../src/demo/simulator/simulator.ts'
import { model } from '../../src/store/schema.ts'
import { type Act, type Body, because, dayMs, type Platform } from './acts.ts'

export async function catalogActs(platform: Platform): Promise<Act[]> {
  const simulator = startSimulator({ hostname: '127.0.0.1', port: 0, journal: 'off' })
  afterAll(() => simulator.stop())
  const url = `${simulator.url}/v1`
  const { version, proposal, revisionOf } = await seedCatalog(platform, url)
  const effective_from = new Date(platform.now + 30 * dayMs).toISOString()
  const written = {
    ...{ name: 'A model', kind: 'chat', context_length: 8000, max_output: null },
    description: 'Says what it is told',
    channels: [{ channel: 'main', model: 'sim-fast', priority: 0, weight: 1 }],
  }
  const channel = {
    ...{ provider: 'simulated', base_url: url, credential: 'sk-1', allow_private: true },
    quirks: { prefill: true },
  }
  const rules = { markups: { '*': '20' }, rise_notice_days: 14 }
  const one = (route: string, what: string, body: Body, rival: Body): Act => ({
    ...{ route, what, body, rival, twenty: 'one' },
  })
  return [
    one(
      'POST /prices',
      'to come',
      {
        ...{ model: 'priced', side: 'sell', prices: { input: '0.20', output: '0.90' } },
        ...{ effective_from, revision: revisionOf('priced'), ...because },
      },
      { prices: { input: '0.30', output: '0.90' } },
    ),
    {
      ...{ route: 'POST /prices/cancel', twenty: 'one' },
      body: { model: 'scheduled', version, revision: revisionOf('scheduled'), ...because },
    },
    one('PUT /models', 'a new one', { ...written, id: 'new', revision: null }, { name: 'Other' }),
    one(
      'PUT /models',
      'one there is',
      { ...written, id: 'put', revision: revisionOf('put') },
      { name: 'Other' },
    ),
    one(
      'POST /models/state',
      'deprecated',
      {
        ...{ id: 'ended', revision: revisionOf('ended'), state: 'deprecated' },
        ...{ retires_at: effective_from, successor: 'put', ...because },
      },
      { successor: null },
    ),
    one('PUT /markups', 'all', { ...rules, shown: { ...rules, markups: {} } }, { markups: {} }),
    { route: 'POST /proposals/look', twenty: 'same' },
    one(
      'POST /proposals/decide',
      'approved',
      {
        ...{ ids: [proposal], decision: 'approve', with_markup: false, sell_from: null },
        ...{ confirm_below_cost: true, confirm_short_notice: true },
      },
      { decision: 'reject' },
    ),
    one('PUT /channels', 'a new one', { ...channel, id: 'new', revision: null }, { quirks: {} }),
    one('PUT /channels', 'one there is', { ...channel, id: 'put', revision: 0 }, { quirks: {} }),
    one(
      'POST /channels/credential',
      'another',
      { id: 'sealed', credential: 'sk-2', revision: 0 },
      { credential: 'sk-3' },
    ),
    one(
      'POST /channels/state',
      'rested',
      { id: 'rested', state: 'disabled', revision: 0, ...because },
      { state: 'active' },
    ),
    one(
      'POST /reports/providers/invoices',
      'entered',
      { channel: 'main', month: '2026-01', amount: '12.34', revision: 0, ...because },
      { amount: '12.43' },
    ),
    { route: 'POST /channels/test', body: { id: 'main', model: 'put' }, twenty: 'each' },
  ]
}

/** Answers a price that waits for its time, and a proposal to decide. */
async function seedCatalog({ parts, store, now }: Platform, url: string) {
  const channel = (id: string) => ({
    ...{ id, provider: 'simulated', base_url: url, allow_private: true, credential: 'sk-0' },
  })
  const sold = (id: string, channel = 'main', model = 'sim-fast') => ({
    ...{ id, context_length: 8000, channels: [{ channel, model }] },
    ...{ price: { input: '0.20', output: '0.80' }, buy_price: { input: '0.1', output: '0.4' } },
  })
  const openai = { id: 'openai', provider: 'openai', credential: 'sk-0' }
  const file = {
    channels: [openai, ...['main', 'put', 'sealed', 'rested'].map(channel)],
    models: [
      ...['priced', 'scheduled', 'put', 'ended'].map((id) => sold(id)),
      sold('gpt-4o', 'openai', 'gpt-4o'),
    ],
  }
  const catalog = { store, book: parts.catalog, sealingKey: parts.sealingKey }
  await applyCatalog(catalog, JSON.stringify(file), 'olga', now)
  // Two prices each.
  const { version } = await publishPrice(
    parts,
    {
      ...{ model: 'scheduled', side: 'sell', prices: { input: '0.10', output: '0.80' } },
      ...{ effective_from: new Date(now + 30 * dayMs).toISOString(), revision: 2 },
      confirm_below_cost: true,
    },
    'olga',
  )
  const { proposals } = await proposePrices(store, parts.catalog, now)
  const models = await store.db.select().from(model)
  const revisionOf = (id: string) => models.find((one) => one.id === id)?.revision ?? -1
  return { version, proposal: proposals[0]?.id, revisionOf }
}
