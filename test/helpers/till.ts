/** People who buy credit and get it back through a scripted processor, and an issuer of e-invoices that a test writes. */
import { sql } from 'drizzle-orm'
import { syncTopUp } from '../../src/billing/sync.ts'
import { createTopUp, type TopUpRow } from '../../src/billing/top-up.ts'
import type { InvoiceFacts, Issued, Issuer } from '../../src/invoices/invoice.ts'
import { receipt } from '../../src/store/credit.ts'
import type { TestStore } from './database.ts'
import { newTeam, openPeople, type TestPeople } from './people.ts'
import { scriptedProcessor } from './processor.ts'

const usd = 1_000_000_000n

export type Till = Awaited<ReturnType<typeof openTill>>

export async function openTill(store: TestStore, currency: 'USD' | 'TWD' = 'USD') {
  const processor = scriptedProcessor('scripted', currency)
  const issuer = scriptedIssuer()
  const people: TestPeople = {
    ...(await openPeople(store)),
    processors: new Map([[processor.name, processor]]),
    issuers: new Map([[issuer.name, issuer]]),
  }
  let orders = 0
  const order = (accountId: string, dollars = 25n): Promise<TopUpRow> =>
    createTopUp(people, {
      ...{ accountId, userId: null, origin: 'customer', processor: 'scripted', method: 'card' },
      ...{ credit: dollars * usd, once: `form ${++orders}` },
    })
  const pay = (row: TopUpRow) => {
    processor.say(row.id, { state: 'paid', fee: 100n })
    return syncTopUp(people, row.id)
  }
  return {
    ...{ people, processor, issuer, order, pay },
    buy: async (accountId: string, dollars?: bigint) => pay(await order(accountId, dollars)),
    /** What the processor has paid back of an order so far, each by itself. */
    payBack: (row: TopUpRow, ...amounts: bigint[]) => {
      const refunds = amounts.map((amount, at) => ({
        ...{ id: `re_${row.id}_${at}`, amount, state: 'paid' as const, ours: null },
      }))
      processor.say(row.id, { state: 'paid', refunds })
      return syncTopUp(people, row.id)
    },
    newBuyer: (name: string) => newTeam(people, `acc_${name}`, { [name]: 'owner' }),
    receipts: () => store.db.select().from(receipt).orderBy(sql`number`),
  }
}

interface Scripted extends Issuer {
  issued: InvoiceFacts[]
  allowances: { facts: InvoiceFacts; of: Issued }[]
  /** Called before it answers; throws where it refuses. */
  before(): void
}

function scriptedIssuer(): Scripted {
  const answer = ({ receipt: number, at }: InvoiceFacts) => ({
    ...{ number: `AB${String(number).padStart(8, '0')}`, random: '1234', at },
  })
  const issuer: Scripted = {
    ...{ name: 'scripted', currency: 'TWD', issued: [], allowances: [], before: () => {} },
    issue: async (facts) => {
      issuer.before()
      issuer.issued.push(facts)
      return answer(facts)
    },
    allowance: async (facts, of) => {
      issuer.before()
      issuer.allowances.push({ facts, of })
      return { ...answer(facts), random: null }
    },
    void: async () => {},
  }
  return issuer
}
