/** An account that agreed to recharge, calls that spend, and a processor whose journal says what was really taken. */
import { eq } from 'drizzle-orm'
import type { RechargeRow } from '../../src/billing/recharge.ts'
import { findRecharge, finishSetup, saveTerms, startSetup } from '../../src/billing/recharge.ts'
import { chargeDue } from '../../src/billing/recharge-charge.ts'
import { type Payment, type Processor, ProcessorError } from '../../src/processors/processor.ts'
import { topUp } from '../../src/store/credit.ts'
import { mail, user } from '../../src/store/people.ts'
import type { TestStore } from '../helpers/database.ts'
import { addMember } from '../helpers/members.ts'
import { openPeople, type TestPeople } from '../helpers/people.ts'
import { scriptedProcessor } from '../helpers/processor.ts'
import { counters, newHold, newPerson, newWorld, settlement } from '../ledger/world.ts'

export const usd = (amount: number) => BigInt(Math.round(amount * 100)) * 10_000_000n
export const minuteMs = 60_000
export const hourMs = 60 * minuteMs

export interface Till {
  processor: Processor
  /** What each charge is answered, and what was taken: by idempotency key. */
  says: Partial<Payment>
  taken: Map<string, Payment>
  /** How often it was asked to charge. */
  asked: number
  /** Called when it is asked to charge, before and after anything is taken. */
  before(): unknown
  after(): unknown
  /** Whether the customer saved her card at the page. */
  saved: boolean
  forgotten: string[]
}

export function openTill(): Till {
  const till: Till = {
    processor: scriptedProcessor('till'),
    ...{ says: { state: 'paid' }, taken: new Map(), asked: 0, saved: true, forgotten: [] },
    ...{ before: () => {}, after: () => {} },
  }
  let setups = 0
  till.processor = {
    ...till.processor,
    fetch: async ({ id, total, currency }) => till.taken.get(id) ?? payment(id, total, currency),
    saved: {
      setup: async () => ({ setupId: `set_${++setups}`, url: 'https://pay.example.com/save' }),
      find: async (setupId) => {
        const methodId = `pm_${setupId}`
        return till.saved ? { customerId: 'cus_1', methodId, label: 'Visa •••• 4242' } : null
      },
      charge: async ({ id, total, currency }) => {
        till.asked++
        await till.before()
        const made = { ...payment(id, total, currency), paymentId: `pay_${id}`, ...till.says }
        till.taken.set(id, till.taken.get(id) ?? made)
        await till.after()
        return till.taken.get(id) as Payment
      },
      forget: async ({ methodId }) => {
        till.forgotten.push(methodId)
      },
    },
  }
  return till
}

const payment = (orderId: string, amount: bigint, currency: string): Payment => ({
  ...{ orderId, paymentId: null, state: 'open', amount, currency, live: true },
  ...{ failure: null, fee: null, payAt: null, refunds: [], disputes: [] },
})

export function unanswered(): never {
  throw new ProcessorError('no answer')
}

export interface Shop extends Till {
  people: TestPeople
  /** What a node of its own does at each turn of its job. */
  run(): Promise<void>
  /** That much, by so many calls at once. */
  spend(amount: number, calls?: number): Promise<void>
  balance(): Promise<bigint>
  recharge(): Promise<RechargeRow>
  orders(): Promise<(typeof topUp.$inferSelect)[]>
  /** Subjects of what Ann was mailed. */
  mails(): Promise<string[]>
  agree(terms?: Partial<Record<'threshold' | 'credit' | 'monthly_cap', string>>): Promise<void>
}

/** Acme has 10 USD, is recharged by 20 below 5 and by at most 50 a month; Ann owns it, Bo reads Chinese and looks after money. */
export async function openShop(open: () => Promise<TestStore>): Promise<Shop> {
  const store = await open()
  const till = openTill()
  const processors = new Map([['till', till.processor]])
  const people = { ...(await openPeople(store)), processors }
  const world = await newWorld(store)
  await newPerson(world, usd(10), {}, 'acme')
  await addMember(store, 'acme', 'ann', 'owner')
  await addMember(store, 'acme', 'bo', 'billing')
  await store.write((db) => [db.update(user).set({ language: 'zh-TW' }).where(eq(user.id, 'bo'))])
  const { ledger, clock } = people
  const call = async (amount: bigint) => {
    const hold = newHold('acme', amount)
    await ledger.open(hold, clock.now())
    await ledger.resolve(settlement(hold.id, amount), clock.now())
  }
  const shop: Shop = Object.assign(till, {
    people,
    run: () => chargeDue({ ...people }),
    spend: async (amount: number, calls = 1) => {
      await Promise.all(Array.from({ length: calls }, () => call(usd(amount) / BigInt(calls))))
    },
    balance: async () => (await counters(world, 'acme'))[0] as bigint,
    recharge: async () => (await findRecharge(store, 'acme')) as RechargeRow,
    orders: async () => await store.db.select().from(topUp).orderBy(topUp.id),
    mails: async () => {
      const toAnn = eq(mail.recipient, 'ann@example.com')
      const rows = await store.db.select().from(mail).where(toAnn).orderBy(mail.createdAt, mail.id)
      return rows.map(({ subject }) => subject)
    },
    agree: async (terms = {}) => {
      const written = { threshold: '5', credit: '20', monthly_cap: '50', agree: true, ...terms }
      await saveTerms(people, { accountId: 'acme', userId: 'ann' }, written)
    },
  })
  await shop.agree()
  await startSetup(people, 'acme', { email: 'ann@example.com', language: 'en' })
  await finishSetup(people, await shop.recharge())
  return shop
}
