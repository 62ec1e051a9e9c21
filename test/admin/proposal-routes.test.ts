/** Prices that the list proposes, and the rules that make sell prices of them. */
import { expect, test } from 'bun:test'
import { openShop } from './shop.ts'

const { ask, find, apply, parts, lastChange } = await openShop()
const sold = (id: string, more: object = {}) => ({
  ...{ id, context_length: 1000, channels: [{ channel: 'openai', model: id }], ...more },
})
await apply({
  channels: [{ id: 'openai', provider: 'openai', credential: 'x' }],
  models: [
    sold('gpt-4o', { price: { input: '2', output: '8' } }),
    sold('gpt-4'),
    sold('gpt-4o-mini'),
  ],
})

const proposals = async () => (await ask('GET', '/proposals')).body.data
const proposalOf = async (model: string) =>
  (await proposals()).find((one: { model: string }) => one.model === model)
const decide = (ids: string[], some: object = {}) =>
  ask('POST', '/proposals/decide', { ids, decision: 'approve', with_markup: true, ...some })

const rules = { markups: { '*': '20', 'gpt-4': '50' }, rise_notice_days: 14 }
const shown = async () => (await ask('GET', '/markups')).body

test('markups are percents by model, provider or for all; of two changes at once one is refused', async () => {
  const before = await shown()
  expect((await ask('PUT', '/markups', { ...rules, shown: before })).body).toEqual(rules)
  const late = await ask('PUT', '/markups', { ...rules, shown: before })
  expect(late.body.error.code).toBe('changed_meanwhile')
  for (const percent of ['much', '12.345', '1001', '-1']) {
    const wrong = { ...rules, markups: { '*': percent }, shown: rules }
    const { status, body } = await ask('PUT', '/markups', wrong)
    expect([status, body.error.param]).toEqual([400, 'markups'])
  }
})

test('what the list says stands beside what is in force, with the price that its rule makes', async () => {
  const { body } = await ask('POST', '/proposals/look')
  expect(body).toEqual({ found: 3, unknown: ['our/sim-chat'] })
  const gpt4o = await proposalOf('gpt-4o')
  expect(gpt4o).toMatchObject({ markup: '20', rises: true })
  expect(gpt4o.below_cost).toEqual(expect.arrayContaining(['input', 'output']))
  expect(gpt4o.buy).toContainEqual({ unit: 'input', min_prompt_tokens: 0, from: null, to: '2.50' })
  expect(gpt4o.sell).toContainEqual({
    unit: 'input',
    min_prompt_tokens: 0,
    from: '2.00',
    to: '3.00',
  })
  expect((await proposalOf('gpt-4')).markup).toBe('50')
})

test('what would sell below cost, or rise too soon, needs a word more; then nothing is published', async () => {
  const { id } = await proposalOf('gpt-4o')
  expect((await decide([id], { with_markup: false })).body.error.param).toBe('confirm_below_cost')
  expect((await decide([id])).body.error.param).toBe('confirm_short_notice')
  expect((await find('models', 'gpt-4o')).buy).toBe(null)
})

test('all that were chosen are approved, or none', async () => {
  const ids = [(await proposalOf('gpt-4o')).id, (await proposalOf('gpt-4')).id]
  expect((await decide([...ids, 'prp_none'])).body.error.code).toBe('changed_meanwhile')
  expect((await proposals()).length).toBe(3)
  const sell_from = new Date(parts.clock.now() + 20 * 86_400_000).toISOString()
  // Until then it is sold at what it was: below what it costs now, as the operator sees.
  expect((await decide(ids, { sell_from })).body).toEqual({ decided: 2 })
  expect((await lastChange()).text).toContain('gpt-4o')
  const gpt4o = await find('models', 'gpt-4o')
  expect(gpt4o.buy.prices.input).toBe('2.50')
  expect(gpt4o.sell.prices.input).toBe('2.00')
  expect(gpt4o.scheduled).toMatchObject([{ effective_from: sell_from, prices: { input: '3.00' } }])
  expect((await decide(ids)).body.error.code).toBe('changed_meanwhile')
})

test('a rejected one changes nothing', async () => {
  const { id } = await proposalOf('gpt-4o-mini')
  expect((await decide([id], { decision: 'reject' })).body).toEqual({ decided: 1 })
  expect(await proposals()).toEqual([])
  expect((await find('models', 'gpt-4o-mini')).buy).toBe(null)
})
