/** An account with orders that were paid at a processor which pays back, and fails, as the test says. */
import { eq } from 'drizzle-orm'
import type { Billing } from '../../src/billing/billing.ts'
import { askRefund, readRefund } from '../../src/billing/refund.ts'
import { syncTopUp } from '../../src/billing/sync.ts'
import { createTopUp, type TopUpRow } from '../../src/billing/top-up.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { type OutsideRefund, ProcessorError } from '../../src/processors/processor.ts'
import { account, transfer } from '../../src/store/schema.ts'
import type { TestStore } from '../helpers/database.ts'
import { mailsTo, newTeam, openPeople } from '../helpers/people.ts'
import { scriptedProcessor } from '../helpers/processor.ts'
import { fresh } from '../ledger/world.ts'

export const usd = 1_000_000_000n
export const minuteMs = 60_000

export async function openShop(store: TestStore) {
  const processor = scriptedProcessor()
  const paid = new Map<string, OutsideRefund>()
  const bank = {
    /** What was paid back, by our ids. */
    paid,
    asked: 0,
    /** What it says of a refund: paid unless the test says otherwise. */
    state: 'paid' as OutsideRefund['state'],
    /** Called before it pays and after it did; throws where the answer is lost. */
    before: () => {},
    after: () => {},
  }
  const people: Billing & Awaited<ReturnType<typeof openPeople>> = {
    ...(await openPeople(store, {})),
    processors: new Map([['scripted', processor]]),
  }
  processor.refund = async (order, { id, amount }) => {
    bank.asked++
    bank.before()
    const told = paid.get(id) ?? { id: `re_${id}`, amount, state: bank.state, ours: id }
    paid.set(id, told)
    processor.say(order.id, { refunds: [...paid.values()] })
    bank.after()
    return told
  }
  const order = async (accountId: string, dollars = 25n, feePercent = '0'): Promise<TopUpRow> => {
    const { current } = people.business
    await people.business.change({ ...current, feePercent }, 'test', people.clock.now())
    return createTopUp(people, {
      ...{ accountId, userId: null, origin: 'customer', processor: 'scripted', method: 'card' },
      ...{ credit: dollars * usd, once: fresh('form') },
    })
  }
  const buy = async (accountId: string, dollars?: bigint, feePercent?: string) => {
    const row = await order(accountId, dollars, feePercent)
    processor.say(row.id, { state: 'paid' })
    return syncTopUp(people, row.id)
  }
  const ask = (order: TopUpRow, amount: bigint | null = null, once = fresh('ask')) =>
    askRefund(people, {
      ...{ accountId: order.accountId, topUpId: order.id, amount, reason: 'too much' },
      ...{ once, askedBy: 'ann' },
    })
  return {
    ...{ people, processor, bank, order, buy, ask },
    /** An account; its owner's name is `<account>-owner`. */
    newBuyer: () => {
      const id = fresh('acc_')
      return newTeam(people, id, { [`${id}-owner`]: 'owner' })
    },
    mails: (accountId: string, kind: string) => mailsTo(people, `${accountId}-owner`, kind),
    read: (id: string) => readRefund(store, id),
    /** Free, frozen, and what all of its refunds took: in dollars. */
    balance: async (accountId: string) => {
      const [row] = await store.db.select().from(account).where(eq(account.id, accountId))
      const { creditsPosted = 0n, debitsPosted = 0n, debitsPending = 0n } = row ?? {}
      const moves = await store.db.select().from(transfer).where(eq(transfer.accountId, accountId))
      const back = moves.filter(
        ({ code, phase }) => code === 'refund' && (phase === 'post' || phase === 'single'),
      )
      return {
        free: Number(creditsPosted - debitsPosted - debitsPending) / 1e9,
        frozen: Number(debitsPending) / 1e9,
        back: back.map(({ amount }) => Number(amount) / 1e9),
      }
    },
    wrong: async () => (await verifyLedger(store)).checks.filter(({ ok }) => !ok),
  }
}
export type Shop = Awaited<ReturnType<typeof openShop>>

export const lost = (retry = true) => {
  throw new ProcessorError('no answer', { retry })
}
