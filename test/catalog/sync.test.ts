/** Price proposals from the embedded list: only exact names, and nothing is sold until someone approves. */
import { expect, test } from 'bun:test'
import { newSealingKey } from '../../src/base/secret.ts'
import { applyCatalog } from '../../src/catalog/apply.ts'
import { isSold, openCatalog, priceAt } from '../../src/catalog/book.ts'
import { approveProposal, proposePrices, rejectProposal } from '../../src/catalog/sync.ts'
import { proposal } from '../../src/store/schema.ts'
import { now, openTestSqlite } from '../helpers/database.ts'

async function world(provider: string, upstream: string[]) {
  const store = await openTestSqlite()
  const sealingKey = newSealingKey()
  const book = await openCatalog(store, sealingKey)
  const models = upstream.map((name) => ({
    ...{ id: `our/${name}`, context_length: 1000 },
    channels: [{ channel: 'main', model: name }],
  }))
  const file = { channels: [{ id: 'main', provider, credential: 'x' }], models }
  await applyCatalog({ store, book, sealingKey }, JSON.stringify(file), 'ann', now)
  return { store, book, propose: (at = now) => proposePrices(store, book, at) }
}

test('a model that the list names exactly gets a proposal; one that only begins like it gets none', async () => {
  const { propose } = await world('openai', ['gpt-4o', 'gpt-4o-nobody-has-this', 'gpt-4'])
  const { proposals, unknown } = await propose()
  expect(proposals.map(({ model }) => model).sort()).toEqual(['our/gpt-4', 'our/gpt-4o'])
  expect(unknown).toEqual(['our/gpt-4o-nobody-has-this'])
  const [gpt4o] = proposals.filter(({ model }) => model === 'our/gpt-4o')
  expect(gpt4o?.rates).toContainEqual({ unit: 'input', minPromptTokens: 0, price: 2_500_000n })
  expect(gpt4o?.rates).toContainEqual({ unit: 'output', minPromptTokens: 0, price: 10_000_000n })
})

test('the list’s tiers begin above their start', async () => {
  const { propose } = await world('openai', ['gpt-5.4'])
  const { proposals } = await propose()
  expect(proposals[0]?.rates.filter(({ unit }) => unit === 'input')).toEqual([
    { unit: 'input', minPromptTokens: 0, price: 2_500_000n },
    { unit: 'input', minPromptTokens: 272_000, price: 5_000_000n },
  ])
})

test('a price that differs by the time of day is not proposed', async () => {
  const { propose } = await world('deepseek', ['deepseek-reasoner'])
  expect(await propose()).toEqual({ proposals: [], unknown: ['our/deepseek-reasoner'] })
})

test('proposing changes nothing; asking again proposes nothing more', async () => {
  const { book, propose } = await world('openai', ['gpt-4o'])
  await propose()
  expect(isSold(book.current.models.get('our/gpt-4o')!, now)).toBe(false)
  expect((await propose(now + 1)).proposals).toEqual([])
})

test('approving publishes the buy price and, with a markup, the sell price', async () => {
  const { store, book, propose } = await world('openai', ['gpt-4o'])
  const { id } = (await propose()).proposals[0]!
  const approved = await approveProposal(store, { id, markup: '20', by: 'ann' }, now + 1)
  await book.reload()
  const model = book.current.models.get('our/gpt-4o')!
  expect([approved.buy, approved.sell]).toEqual([model.buy[0]!.id, model.sell[0]!.id])
  expect(priceAt(model, 'buy', now + 1)?.rates[0]?.price).toBe(2_500_000n)
  expect(priceAt(model, 'sell', now + 1)?.rates[0]?.price).toBe(3_000_000n)
  expect((await propose(now + 2)).proposals).toEqual([])
})

test('without a markup nothing is sold yet', async () => {
  const { store, book, propose } = await world('openai', ['gpt-4o'])
  const { id } = (await propose()).proposals[0]!
  await approveProposal(store, { id, markup: null, by: 'ann' }, now)
  await book.reload()
  expect(isSold(book.current.models.get('our/gpt-4o')!, now)).toBe(false)
})

test('a proposal is decided once, whoever asks at the same time', async () => {
  const { store, book, propose } = await world('openai', ['gpt-4o'])
  const { id } = (await propose()).proposals[0]!
  const by = ['ann', 'bob', 'eve']
  const decisions = await Promise.allSettled(
    by.map((name) => approveProposal(store, { id, markup: '10', by: name }, now)),
  )
  expect(decisions.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(rejectProposal(store, id, 'eve')).rejects.toMatchObject({ code: 'not_found' })
  await book.reload()
  expect(book.current.models.get('our/gpt-4o')?.sell).toHaveLength(1)
  expect(await store.db.select().from(proposal)).toMatchObject([{ state: 'approved' }])
})

test('a rejected proposal publishes nothing', async () => {
  const { store, book, propose } = await world('openai', ['gpt-4o'])
  const { id } = (await propose()).proposals[0]!
  await rejectProposal(store, id, 'ann')
  expect(approveProposal(store, { id, markup: '10', by: 'bob' }, now)).rejects.toMatchObject({
    code: 'not_found',
  })
  await book.reload()
  expect(book.current.models.get('our/gpt-4o')?.buy).toEqual([])
})

test('what is no markup publishes nothing', async () => {
  const { store, book, propose } = await world('openai', ['gpt-4o'])
  const { id } = (await propose()).proposals[0]!
  expect(approveProposal(store, { id, markup: 'x', by: 'ann' }, now)).rejects.toMatchObject({
    code: 'invalid_amount',
  })
  expect(
    approveProposal(store, { id: 'prp_none', markup: null, by: 'ann' }, now),
  ).rejects.toMatchObject({ code: 'not_found' })
  await book.reload()
  expect(book.current.models.get('our/gpt-4o')?.buy).toEqual([])
})
