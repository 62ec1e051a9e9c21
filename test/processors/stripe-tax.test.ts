/** What the official package and the simulated Stripe agree on about tax: what is refused for good, and what may be asked again. */
import { afterAll, expect, test } from 'bun:test'
import { ProcessorError, type Tax, type TaxAsk } from '../../src/processors/processor.ts'
import { openWorld } from './stripe-world.ts'

const world = await openWorld()
afterAll(() => world.stop())
const tax = world.open({ stripe_tax: 'true' }).tax as Tax
const german: TaxAsk = {
  ...{ amount: 10_000n, currency: 'USD', country: 'DE', postalCode: null, taxId: null },
}
const told = async (more: Partial<TaxAsk> = {}) => await tax.quote?.({ ...german, ...more })

async function failure(asked: Promise<unknown>): Promise<boolean> {
  const error = await asked.then(
    () => null,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(ProcessorError)
  return error.retry
}

async function recorded(orderId: string): Promise<string> {
  const { calculation = '' } = (await told()) ?? {}
  return (await tax.record({ orderId, calculation })) as string
}

test('tax is told with its one rate, or without where there are several', async () => {
  expect(await told()).toMatchObject({ tax: 1900n, rate: 190_000, country: 'DE' })
  const american = { country: 'US', postalCode: '90012' }
  expect(await told(american)).toMatchObject({ tax: 725n, rate: null, country: 'US' })
})

test.each([
  ['no country', { country: null }],
  ['no ZIP code', { country: 'US' }],
  ['a ZIP code that is none', { country: 'US', postalCode: '9001' }],
])('with %s it is not told', async (_, more) => {
  expect(await told(more)).toBeNull()
})

test.each([
  [{}, 'txcd_10103001'],
  [{ stripe_tax_code: 'txcd_10000000' }, 'txcd_10000000'],
])('with the settings %p credit is taxed as %s', async (settings, code) => {
  const { quote } = world.open({ stripe_tax: 'true', ...settings }).tax as Tax
  await quote?.(german)
  expect(world.simulator.journal.at(-1)?.form).toMatchObject({
    line_items: { 0: { tax_code: code, amount: '10000' } },
  })
})

test('a tax code that Stripe does not know is refused for good', async () => {
  const { quote } = world.open({ stripe_tax: 'true', stripe_tax_code: 'saas' }).tax as Tax
  expect(await failure(Promise.resolve(quote?.(german)))).toBe(false)
})

test('who is not answered may ask again', async () => {
  world.down()
  expect(await failure(told())).toBe(true)
  world.up()
  expect((await told())?.tax).toBe(1900n)
})

test('a calculation that nobody made is refused for good; one that expired, too', async () => {
  expect(await failure(tax.record({ orderId: 'top_x', calculation: 'taxcalc_x' }))).toBe(false)
  const { calculation = '' } = (await told()) ?? {}
  world.move(90 * 86_400_000)
  expect(await failure(tax.record({ orderId: 'top_x', calculation }))).toBe(false)
})

test('an order is recorded once; another calculation under its id is not', async () => {
  const transaction = await recorded('top_once')
  expect(transaction).toMatch(/^tax_/)
  expect(await failure(recorded('top_once'))).toBe(false)
})

test('no more is reversed than was sold, and a refund once', async () => {
  const transaction = await recorded('top_back')
  const reverse = (refundId: string, part: bigint | null) =>
    tax.reverse({ refundId, transaction, part })
  await reverse('ref_1', 10_000n)
  await reverse('ref_1', 10_000n)
  expect(await failure(reverse('ref_2', 1901n))).toBe(false)
  await reverse('ref_2', null)
  expect(await failure(reverse('ref_3', 1n))).toBe(false)
})

test('while it is off it is not asked for, and what was sold before is recorded', () => {
  const off = world.open().tax
  expect(off?.quote).toBeUndefined()
  expect(off?.record).toBeDefined()
})
