/** Recharge by Stripe [T3.5]: its official package against the simulated Stripe, from the page that saves the card to the credit. */
import { afterAll, expect, test } from 'bun:test'
import {
  checkSetup,
  findRecharge,
  type RechargeRow,
  saveTerms,
  startSetup,
  switchOff,
  tendMethods,
} from '../../src/billing/recharge.ts'
import { chargeDue } from '../../src/billing/recharge-charge.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { addMember } from '../helpers/members.ts'
import { openPeople } from '../helpers/people.ts'
import { counters, newPerson, newWorld } from '../ledger/world.ts'
import { openWorld } from '../processors/stripe-world.ts'
import { minuteMs, usd } from './recharge-world.ts'

const stripe = await openWorld()
afterAll(() => stripe.stop())

test('a card is saved, charged once though the answer is lost and once more declined, and forgotten', async () => {
  const store = await openTestSqlite()
  const opened = await openPeople(store)
  const processors = new Map([['stripe', stripe.processor]])
  const clock = { ...opened.clock, now: stripe.now, move: stripe.move }
  const people = { ...opened, processors, clock }
  const world = await newWorld(store)
  await newPerson(world, usd(1), {}, 'acme')
  await addMember(store, 'acme', 'ann', 'owner')
  const terms = { threshold: '5', credit: '20', monthly_cap: '50', agree: true }
  await saveTerms(people, { accountId: 'acme', userId: 'ann' }, terms)
  const page = await startSetup(people, 'acme', { email: 'ann@example.com', language: 'en' })
  await chargeDue(people)
  const body = new URLSearchParams({ act: 'pay' })
  const back = await fetch(page, { method: 'POST', body, redirect: 'manual' })
  expect(back.headers.get('location')).toBe(
    'https://ai.example.com/accounts/acme/billing?recharge=saved',
  )
  await checkSetup(people, 'acme')
  const read = async () => (await findRecharge(store, 'acme')) as RechargeRow
  expect(await read()).toMatchObject({ state: 'on', methodLabel: 'Visa •••• 4242' })

  const { control, journal } = stripe.simulator
  control.health({ lost: 10 })
  await chargeDue(people)
  expect((await counters(world, 'acme'))[0]).toBe(usd(1))
  control.health({ lost: 0 })
  stripe.move(minuteMs)
  await chargeDue(people)
  expect((await counters(world, 'acme'))[0]).toBe(usd(21))
  const charges = journal.filter(
    ({ method, path }) => `${method} ${path}` === 'POST payment_intents',
  )
  expect(new Set(charges.map(({ key }) => key)).size).toBe(1)
  expect(charges.filter(({ replayed }) => !replayed)).toHaveLength(1)

  const { methodId } = await read()
  control.declineNext({ method: methodId as string, times: 1 })
  await saveTerms(people, { accountId: 'acme', userId: 'ann' }, { ...terms, threshold: '30' })
  await chargeDue(people)
  const { failure, failures, state } = await read()
  expect([state, failures, failure]).toEqual(['on', 1, 'Your card was declined.'])

  await switchOff(people, 'acme')
  await tendMethods(people)
  expect(journal.at(-1)).toMatchObject({
    path: `payment_methods/${methodId}/detach`,
    status: 200,
  })
  expect((await read()).methodId).toBeNull()
})
