/**
 * What becomes of a recharge: paid, declined, at its cap, or ended. Each is written once and mailed in the same write; who was
 * slower finds it written.
 */
import { and, eq, isNull, ne, type SQL } from 'drizzle-orm'
import { readAccount, shownName } from '../account/account.ts'
import { formatMinor, formatUsd } from '../base/amount.ts'
import type { RechargeEnd, RechargeLetter } from '../mail/letter.ts'
import { tell } from '../notice/tell.ts'
import { recharge } from '../store/credit.ts'
import { must, storable } from '../store/store.ts'
import type { Billing } from './billing.ts'
import { findRecharge, type RechargeRow } from './recharge.ts'
import { mismatches } from './sync.ts'
import type { TopUpRow } from './top-up.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
/** After the first, second and third decline in a row; the fourth switches it off. */
const pausesMs = [hourMs, 6 * hourMs, 24 * hourMs]

/** Frees the way for the next charge once the order has ended; one that waits stays under way. */
export async function conclude(billing: Billing, order: TopUpRow): Promise<void> {
  const row = await findRecharge(billing.store, order.accountId)
  if (row?.underWay !== order.id) return
  if (order.state === 'paid') return concludePaid(billing, row, order)
  if (order.state === 'failed') return concludeDeclined(billing, row, order)
  // Nobody answered for as long as it could be charged. That was no decline: another may be tried.
  if (order.state === 'expired') return write(billing, row, isOf(order), { underWay: null })
  // Paid, but not as ordered: nothing is charged again before the operator has looked.
  if ((mismatches as readonly (string | null)[]).includes(order.failure)) {
    const changes = { ...endedBy('unreconciled'), underWay: null }
    await write(billing, row, isOf(order), changes, endLetter(row, 'unreconciled'))
  }
}

const isOf = ({ id }: TopUpRow) => eq(recharge.underWay, id)

async function concludePaid(billing: Billing, row: RechargeRow, order: TopUpRow): Promise<void> {
  const { creditsPosted, debitsPosted } = await readAccount(billing.store, row.accountId)
  // Where the balance is below still (a debt), the next charge comes a minute later, within the month's cap.
  const nextAt = billing.clock.now() + minuteMs
  const changes = { underWay: null, failures: 0, failure: null, nextAt }
  await write(billing, row, isOf(order), changes, {
    ...{ kind: 'recharge_charged', credit: formatUsd(order.credit), method: row.methodLabel ?? '' },
    total: `${formatMinor(order.total, order.currency)} ${order.currency}`,
    balance: formatUsd(creditsPosted - debitsPosted),
  })
}

async function concludeDeclined(
  billing: Billing,
  row: RechargeRow,
  order: TopUpRow,
): Promise<void> {
  const failures = row.failures + 1
  const reason = storable(order.failure ?? 'declined')
  const changes = { underWay: null, failures, failure: reason }
  const pauseMs = pausesMs[row.failures]
  if (row.state !== 'on') return write(billing, row, isOf(order), { underWay: null })
  if (pauseMs === undefined) {
    const ended = { ...changes, ...endedBy('declined') }
    return write(billing, row, isOf(order), ended, endLetter(row, 'declined'))
  }
  const nextAt = billing.clock.now() + pauseMs
  await write(
    ...[billing, row, isOf(order)],
    { ...changes, nextAt },
    {
      ...{ kind: 'recharge_declined', credit: formatUsd(order.credit) },
      ...{ method: row.methodLabel ?? '', reason, nextAt },
    },
  )
}

/** The month's cap allows no other charge: told once, and tried again in the next month. */
export async function waitForMonth(billing: Billing, row: RechargeRow): Promise<void> {
  const date = new Date(billing.clock.now())
  const nextAt = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
  const asRead = and(eq(recharge.nextAt, row.nextAt), isNull(recharge.underWay)) as SQL
  const letter = { kind: 'recharge_capped', cap: formatUsd(row.monthlyCap), nextAt } as const
  await write(billing, row, asRead, { failure: 'cap_reached', nextAt }, letter)
}

/** For what is no decline. An order under way is followed to its end, but not charged any more. */
export async function endRecharge(
  billing: Billing,
  row: RechargeRow,
  why: RechargeEnd,
): Promise<void> {
  const isLive = ne(recharge.state, 'off')
  await write(billing, row, isLive, endedBy(why), endLetter(row, why))
}

const endedBy = (why: RechargeEnd) => ({ state: 'off', setupId: null, failure: why }) as const

const endLetter = ({ methodLabel }: RechargeRow, why: RechargeEnd) =>
  ({ kind: 'recharge_off', why, method: methodLabel ?? '' }) as const

/** `guard`: what must be so still. */
async function write(
  billing: Billing,
  row: RechargeRow,
  guard: SQL,
  changes: Partial<RechargeRow>,
  letter: RechargeLetter | null = null,
): Promise<void> {
  const { store, log } = billing
  const { accountId } = row
  const statement = must(
    store.db
      .update(recharge)
      .set(changes)
      .where(and(eq(recharge.accountId, accountId), guard)),
    letter === null ? 'changed_meanwhile' : 'already_exists',
  )
  if (letter === null) return store.write(() => [statement])
  const accountName = shownName(await readAccount(store, accountId))
  const path = `/accounts/${accountId}/billing`
  const notice = {
    ...{ accountId, kind: 'recharge' as const, letter: { ...letter, accountName, path } },
    ...{ events: [], daily: null },
  }
  if (await tell(billing, notice, () => [statement])) {
    log.info(letter.kind, { account: accountId })
  }
}
