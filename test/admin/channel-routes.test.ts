/** The operator's channels: credentials that never come out, resting one, trying one; who may is in `access.test.ts`. */
import { expect, test } from 'bun:test'
import { openFigures } from '../../src/admin/figures.ts'
import { newId } from '../../src/base/id.ts'
import { createKey } from '../../src/key/issue.ts'
import { unlimited } from '../../src/key/view.ts'
import { currentDocuments } from '../../src/legal/document.ts'
import { audit } from '../../src/store/operator.ts'
import { acceptance } from '../../src/store/people.ts'
import { channel } from '../../src/store/schema.ts'
import { newTeam } from '../helpers/people.ts'
import { openShop } from './shop.ts'

const { ask, find, apply, parts, server, store, simulator, model } = await openShop()
const main = () => find('channels', 'main')
const form = async (some: object = {}) => {
  const { id, provider, base_url, allow_private, quirks, revision } = await main()
  return { id, provider, base_url, allow_private, quirks, revision, ...some }
}

test('a credential goes in sealed and never comes out, not even into the record of acts', async () => {
  const { revision } = await main()
  const credential = 'sk-very-secret'
  expect(
    (await ask('POST', '/channels/credential', { id: 'main', credential, revision })).status,
  ).toBe(200)
  expect(parts.catalog.channels.get('main')?.credential).toBe(credential)
  const kept = JSON.stringify([
    await store.db.select().from(channel),
    await store.db.select().from(audit),
  ])
  const told = JSON.stringify((await ask('GET', '/channels')).body)
  expect([kept, told].filter((text) => text.includes(credential))).toEqual([])
  expect(await main()).toMatchObject({ has_credential: true, usable: true })
})

test('a changed channel keeps its credential and its state', async () => {
  const quirks = { rejects: ['seed'], uses_nothing: true }
  const wrong = await ask('PUT', '/channels', await form({ quirks }))
  expect([wrong.status, wrong.body.error.param]).toEqual([400, 'quirks'])
  expect(
    (await ask('PUT', '/channels', await form({ quirks: { rejects: ['seed'] } }))).status,
  ).toBe(200)
  expect(await main()).toMatchObject({ quirks: { rejects: ['seed'] }, has_credential: true })
  expect(parts.catalog.channels.get('main')?.credential).toBe('sk-very-secret')
})

test.each([
  [{ id: 'new', provider: 'openai', revision: null }, 'credential'],
  [{ provider: 'nobody' }, 'provider'],
  [{ base_url: 'ftp://x' }, 'base_url'],
  [{ allow_private: false }, 'base_url'],
  [{ provider: 'vllm', base_url: null }, 'base_url'],
  [{ credential: 'two words' }, 'credential'],
  [{ revision: null }, 'id'],
])('%p is refused by its field', async (some, param) => {
  const { status, body } = await ask('PUT', '/channels', await form(some))
  expect([status, body.error.param]).toEqual([400, param])
})

test('of two changes that were made at once the later is refused', async () => {
  const old = await form()
  await ask('PUT', '/channels', { ...old, quirks: {} })
  const { status, body } = await ask('PUT', '/channels', { ...old, quirks: { prefill: false } })
  expect([status, body.error.code]).toEqual([409, 'changed_meanwhile'])
  expect((await main()).quirks).toEqual({})
})

const turn = async (state: string, reason = 'their outage') =>
  ask('POST', '/channels/state', { id: 'main', state, reason, revision: (await main()).revision })

test('a channel rests with a reason, and works again', async () => {
  expect((await turn('disabled', '')).body.error.param).toBe('reason')
  expect((await turn('disabled')).status).toBe(200)
  expect(await main()).toMatchObject({ state: 'disabled', state_reason: 'their outage' })
  expect(parts.catalog.current.models.get(model.id)?.routes).toEqual([])
  await turn('active')
  expect(await main()).toMatchObject({ state: 'active', state_reason: null })
  expect(parts.catalog.current.models.get(model.id)?.routes).toHaveLength(1)
})

const probe = (id = 'main', of = model.id) => ask('POST', '/channels/test', { id, model: of })

test('a test says how long it took, what came and what it costs, also while the channel rests', async () => {
  await turn('disabled')
  const { body } = await probe()
  expect(body).toMatchObject({ failure: null, sample: expect.stringMatching(/\w/) })
  expect([body.ms >= 0, Number(body.cost) > 0]).toEqual([true, true])
  await turn('active')
})

test.each([
  ['demo/401', 'credential'],
  ['demo/404', 'missing'],
  ['demo/500', 'broken'],
  ['demo/429', 'limited'],
  ['demo/html', 'broken'],
])(
  'a test of %s tells why it did not work, and no breaker learns of it',
  async (upstream, kind) => {
    await apply({
      models: [{ ...model, id: 'odd', channels: [{ channel: 'main', model: upstream }] }],
    })
    expect((await probe('main', 'odd')).body).toMatchObject({ sample: null, failure: { kind } })
    expect(await main()).toMatchObject({ breaker: 'closed', trouble: null })
  },
)

test('a name that leads into the own network is not called unless the channel may', async () => {
  const base_url = simulator.url.replace('127.0.0.1', '127.0.0.1.nip.invalid')
  await apply({ channels: [{ id: 'far', provider: 'simulated', base_url, credential: 'x' }] })
  await apply({
    models: [{ ...model, id: 'far', channels: [{ channel: 'far', model: 'sim-fast' }] }],
  })
  expect((await probe('far', 'far')).body.failure.message).toContain('has no address')
  expect((await probe('far')).body.error.param).toBe('model')
})

test('a breaker that opened is shown with why, as this node sees it', async () => {
  const { key } = await customer()
  await apply({
    models: [{ ...model, id: 'odd', channels: [{ channel: 'main', model: 'demo/429' }] }],
  })
  const response = await fetch(`${server.url}/api/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'odd',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 9,
    }),
  })
  expect([response.status, await response.text()]).toEqual([503, expect.anything()])
  expect(await main()).toMatchObject({ breaker: 'open', trouble: { failures: 1, kind: 'limited' } })
  // What was read a moment ago is answered again: another reader.
  const figures = await openFigures(store, parts.clock).channels()
  expect(figures.get('main')).toMatchObject({ calls: 1, error_share: 1, charged: '0.00' })
})

/** Ann, who accepted what there is, has ten dollars and a key. */
async function customer() {
  await newTeam(parts, 'ann', { ann: 'owner' })
  const now = parts.clock.now()
  const documents = await currentDocuments(store, now)
  await store.write((db) =>
    documents.map(({ id }) =>
      db.insert(acceptance).values({ userId: 'ann', documentId: id, acceptedAt: now }),
    ),
  )
  const grant = { ...{ id: newId('tfr_', now), accountId: 'ann', code: 'grant' as const } }
  const rest = { amount: 10_000_000_000n, actor: 'ann', reason: 'test', externalId: 'test' }
  await parts.ledger.transfer({ ...grant, ...rest }, now)
  const key = await createKey(store, 'ann', { ...unlimited, name: 'k' }, now)
  return { key: key.secret }
}
