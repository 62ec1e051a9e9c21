/** Agreeing to recharge [T3.5]: off until someone agreed and saved a way to pay, off again by one request. */
import { afterAll, describe, expect, test } from 'bun:test'
import { switchOff, tendMethods } from '../../src/billing/recharge.ts'
import { chargeDue } from '../../src/billing/recharge-charge.ts'
import { rechargeRoutes } from '../../src/billing/recharge-routes.ts'
import { recharge } from '../../src/store/credit.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { addMember, openDashboard } from '../helpers/members.ts'
import { newTeam, openPeople } from '../helpers/people.ts'
import { scriptedProcessor } from '../helpers/processor.ts'
import { hourMs, openTill, type Till, unanswered } from './recharge-world.ts'

const path = '/api/accounts/acme/recharge'
const terms = { threshold: '5', credit: '20', monthly_cap: '50', agree: true }

/** Ann owns acme, Bo looks after its money, Dev develops. */
async function openAcme(till: Pick<Till, 'processor'> = openTill()) {
  const store = await openTestSqlite()
  const processors = new Map([[till.processor.name, till.processor]])
  const people = { ...(await openPeople(store)), processors }
  await newTeam(people, 'acme', { ann: 'owner', bo: 'billing', dev: 'developer' })
  const { ask } = openDashboard(store, (http, { sessions }) =>
    http.use(rechargeRoutes({ ...people, sessions })),
  )
  return { ask, people, store }
}

test('it is off, then agreed to, then on once a card is saved, and off by one request', async () => {
  const till = openTill()
  till.saved = false
  const { ask, people } = await openAcme(till)
  const states = async () => (await ask('dev', 'GET', path)).body
  expect(await states()).toMatchObject({ processor: 'till', state: 'off', threshold: null })
  expect((await ask('bo', 'PUT', path, terms)).body).toMatchObject({
    ...{ state: 'setup', threshold: '5.00', credit: '20.00', monthly_cap: '50.00' },
    ...{ method: null, charged: '0.00', failure: null, under_way: false },
  })
  const { body } = await ask('bo', 'POST', `${path}/setup`)
  expect(body).toEqual({ url: 'https://pay.example.com/save' })
  expect((await ask('bo', 'POST', `${path}/check`)).body.state).toBe('setup')
  till.saved = true
  expect((await ask('bo', 'POST', `${path}/check`)).body).toMatchObject({
    ...{ state: 'on', method: 'Visa •••• 4242' },
  })
  await ask('ann', 'PUT', path, { ...terms, credit: '30' })
  expect(await states()).toMatchObject({ state: 'on', credit: '30.00', method: 'Visa •••• 4242' })
  expect((await ask('bo', 'DELETE', path)).body).toMatchObject({ state: 'off' })
  await tendMethods(people)
  expect(await states()).toMatchObject({ state: 'off', method: null })
  expect(till.forgotten).toEqual(['pm_set_1'])
})

test('a card that was saved is found by the job too, for a day; another replaces it', async () => {
  const till = openTill()
  const { ask, people } = await openAcme(till)
  await ask('ann', 'PUT', path, terms)
  await ask('ann', 'POST', `${path}/setup`)
  await tendMethods(people)
  expect((await ask('ann', 'GET', path)).body.state).toBe('on')
  await ask('ann', 'POST', `${path}/setup`)
  people.clock.move(25 * hourMs)
  await tendMethods(people)
  expect(till.forgotten).toEqual([])
  await ask('ann', 'POST', `${path}/check`)
  expect(till.forgotten).toEqual(['pm_set_1'])
})

test('who switches it off while the card is being saved is not switched on by it', async () => {
  const { ask, people } = await openAcme()
  await ask('ann', 'PUT', path, terms)
  await ask('ann', 'POST', `${path}/setup`)
  await switchOff(people, 'acme')
  await ask('ann', 'POST', `${path}/check`)
  await tendMethods(people)
  expect((await ask('ann', 'GET', path)).body.state).toBe('off')
  expect((await ask('ann', 'POST', `${path}/setup`)).status).toBe(400)
})

test('a card that cannot be forgotten now is forgotten later', async () => {
  const till = openTill()
  const { ask, people, store } = await openAcme(till)
  await ask('ann', 'PUT', path, terms)
  await ask('ann', 'POST', `${path}/setup`)
  await ask('ann', 'POST', `${path}/check`)
  const { saved } = till.processor
  const forget = saved?.forget
  Object.assign(saved as object, { forget: async () => unanswered() })
  await ask('ann', 'DELETE', path)
  await tendMethods(people)
  const kept = async () => (await store.db.select().from(recharge))[0]?.methodId
  expect(await kept()).toBe('pm_set_1')
  Object.assign(saved as object, { forget })
  await tendMethods(people)
  expect(await kept()).toBeNull()
})

test('agreed to but without a card, nothing is charged', async () => {
  const till = openTill()
  const { ask, people } = await openAcme(till)
  await ask('ann', 'PUT', path, terms)
  await chargeDue(people)
  expect(till.asked).toBe(0)
})

test('while the processor does not answer, that is said', async () => {
  const till = openTill()
  const { ask } = await openAcme(till)
  await ask('ann', 'PUT', path, terms)
  Object.assign(till.processor.saved as object, { setup: async () => unanswered() })
  expect(await ask('ann', 'POST', `${path}/setup`)).toMatchObject({
    ...{ status: 502, body: { error: { code: 'payment_unavailable' } } },
  })
})

test('where no processor saves a card, it is not offered', async () => {
  const { ask } = await openAcme({ processor: scriptedProcessor() })
  expect((await ask('ann', 'GET', path)).body.processor).toBeNull()
  expect((await ask('ann', 'PUT', path, terms)).status).toBe(400)
})

describe('terms', async () => {
  const { ask, store } = await openAcme()
  afterAll(() => store.close())
  const amounts = ['0', '-1', '1e400', '10.001', '1000000', '', 'ten', '１０', '1,000', ' 10']
  test.each([
    ...amounts.map((credit) => [{ credit }, 'invalid_amount', 'credit'] as const),
    ...amounts
      .filter((amount) => amount !== '10.001')
      .map((threshold) => [{ threshold }, 'invalid_amount', 'threshold'] as const),
    [{ threshold: '0.99' }, 'invalid_amount', 'threshold'],
    [{ credit: '4.99' }, 'invalid_amount', 'credit'],
    [{ credit: '1000.01', monthly_cap: '2000' }, 'invalid_amount', 'credit'],
    [{ monthly_cap: '19.99' }, 'invalid_amount', 'monthly_cap'],
    [{ monthly_cap: '1e400' }, 'invalid_amount', 'monthly_cap'],
    [{ credit: 10 }, 'invalid_request', 'credit'],
    [{ agree: false }, 'not_affirmed', 'agree'],
    [{ agree: undefined }, 'invalid_request', 'agree'],
  ] as [object, string, string][])('%j: %s', async (wrong, code, param) => {
    const { status, body } = await ask('ann', 'PUT', path, { ...terms, ...wrong })
    expect([status, body.error.code, body.error.param]).toEqual([400, code, param])
    expect(await store.db.select().from(recharge)).toEqual([])
  })

  test('only who may pay agrees', async () => {
    await addMember(store, 'acme', 'eye', 'read-only')
    for (const who of ['eye', 'dev']) {
      expect((await ask(who, 'PUT', path, terms)).body.error.code).toBe('role_not_allowed')
      expect((await ask(who, 'DELETE', path)).body.error.code).toBe('role_not_allowed')
    }
  })
})
