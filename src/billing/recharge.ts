/**
 * Recharge [T3.5]: an account may agree that its saved way to pay is charged for credit whenever its free balance falls below a
 * threshold, up to a cap a month. Off unless someone of it agreed and saved a way to pay at the processor; off again at once.
 * `recharge-charge.ts` charges.
 */
import { and, eq, gt, gte, inArray, isNotNull, ne, sql } from 'drizzle-orm'
import { readAccount } from '../account/account.ts'
import { formatUsd, nanoPerUsd, parseUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { periodStart } from '../key/period.ts'
import { type Processor, ProcessorError } from '../processors/processor.ts'
import { recharge, topUp } from '../store/credit.ts'
import { byHand, must, type Store } from '../store/store.ts'
import { countTry } from '../user/throttle.ts'
import { type Billing, unlessChanged } from './billing.ts'
import { quote } from './quote.ts'

export type RechargeRow = typeof recharge.$inferSelect

/** Amounts are decimal strings of USD. */
export interface WrittenTerms {
  threshold: string
  credit: string
  monthly_cap: string
  agree: boolean
}

const leastThreshold = nanoPerUsd
const setupLifeMs = 24 * 3_600_000
const daySetups = 20

/** The processor that recharges: the first that saves a way to pay. */
export function findSaving({ processors }: Pick<Billing, 'processors'>): Saving | null {
  for (const one of processors.values()) if (one.saved) return one as Saving
  return null
}
export type Saving = Processor & Required<Pick<Processor, 'saved'>>

/** Null where it was switched off since. */
export function savingOf({ processors }: Pick<Billing, 'processors'>, name: string): Saving | null {
  const processor = processors.get(name)
  return processor?.saved ? (processor as Saving) : null
}

export async function findRecharge({ db }: Store, accountId: string): Promise<RechargeRow | null> {
  const [row] = await db.select().from(recharge).where(eq(recharge.accountId, accountId))
  return row ?? null
}

/** Credit of this calendar month's recharge orders that are paid or under way, by UTC. `accountId` may be a column. */
export function chargedSince(accountId: unknown, now: number) {
  const counted = and(
    ...[sql`${topUp.accountId} = ${accountId}`, eq(topUp.origin, 'recharge')],
    ...[inArray(topUp.state, ['open', 'pending', 'paid'])],
    gte(topUp.createdAt, periodStart('monthly', now)),
  )
  return sql`(SELECT COALESCE(SUM(${topUp.credit}), 0) FROM ${topUp} WHERE ${counted})`
}

/** As the API shows it: without a row it is off. */
export async function showRecharge(billing: Billing, accountId: string) {
  const { store, clock } = billing
  const now = clock.now()
  const row = await findRecharge(store, accountId)
  const [sum] = await store.db
    .select({ charged: chargedSince(accountId, now).mapWith(BigInt) })
    .from(recharge)
    .where(eq(recharge.accountId, accountId))
  return {
    processor: row?.processor ?? findSaving(billing)?.name ?? null,
    state: row?.state ?? ('off' as const),
    threshold: row && formatUsd(row.threshold),
    credit: row && formatUsd(row.credit),
    monthly_cap: row && formatUsd(row.monthlyCap),
    method: row?.methodLabel ?? null,
    charged: formatUsd(sum?.charged ?? 0n),
    under_way: row !== null && row.underWay !== null,
    failure: row?.failure ?? null,
    next_at: row?.failure && row.nextAt > now ? new Date(row.nextAt).toISOString() : null,
  }
}

/**
 * Keeps the terms that someone agrees to. What is on stays on; else a way to pay is still to be saved. Refuses with
 * `not_affirmed` and `invalid_amount`.
 */
export async function saveTerms(
  billing: Billing,
  { accountId, userId }: { accountId: string; userId: string },
  written: WrittenTerms,
): Promise<void> {
  const { store, clock } = billing
  const saving = findSaving(billing)
  if (saving === null) throw notOffered()
  if (!written.agree) throw new AppError('not_affirmed', { param: 'agree' })
  const { country } = await readAccount(store, accountId)
  const { threshold, credit, cap } = readTerms(billing, saving, country, written)
  const now = clock.now()
  const unlessOff = (column: string) =>
    sql.raw(`CASE recharge.state WHEN 'off' THEN excluded.${column} ELSE recharge.${column} END`)
  await store.write(() => [
    byHand(sql`INSERT INTO recharge (account_id, processor, state, threshold, credit, monthly_cap, agreed_by, agreed_at)
      VALUES (${accountId}, ${saving.name}, 'setup', ${threshold}, ${credit}, ${cap}, ${userId}, ${now})
      ON CONFLICT (account_id) DO UPDATE SET processor = ${unlessOff('processor')}, state = ${unlessOff('state')},
        threshold = excluded.threshold, credit = excluded.credit, monthly_cap = excluded.monthly_cap,
        agreed_by = excluded.agreed_by, agreed_at = excluded.agreed_at, failures = 0, failure = NULL, next_at = 0`),
  ])
}

function readTerms(
  { business }: Billing,
  { currency }: Saving,
  country: string | null,
  written: WrittenTerms,
) {
  const threshold = parseUsd(written.threshold, 'threshold')
  const most = parseUsd(business.current.topUpMax)
  if (threshold < leastThreshold || threshold > most) {
    const message = `Choose ${formatUsd(leastThreshold)} to ${formatUsd(most)} USD.`
    throw new AppError('invalid_amount', { param: 'threshold', message })
  }
  const credit = parseUsd(written.credit, 'credit')
  quote(business.current, { credit, currency, country })
  const cap = parseUsd(written.monthly_cap, 'monthly_cap')
  if (cap < credit) {
    const message = 'The cap of a month must be at least what is charged at once.'
    throw new AppError('invalid_amount', { param: 'monthly_cap', message })
  }
  return { threshold, credit, cap }
}

/** Answers where the way to pay is saved: the processor's page. What is on is charged as before until another is saved. */
export async function startSetup(
  billing: Billing,
  accountId: string,
  who: { email: string; language: 'en' | 'zh-TW' },
): Promise<string> {
  const { store, clock, publicUrl } = billing
  const now = clock.now()
  const row = await findRecharge(store, accountId)
  if (row === null || row.state === 'off') {
    throw new AppError('invalid_request', { message: 'Agree to the terms of recharge first.' })
  }
  const saving = savingOf(billing, row.processor)
  if (saving === null) throw notOffered()
  const limit = { subject: `recharge:${accountId}`, most: daySetups, windowMs: setupLifeMs }
  await countTry(store, [limit], now)
  const returnUrl = `${publicUrl().replace(/\/$/, '')}/accounts/${accountId}/billing?recharge=saved`
  const { customerId } = row
  const ask = { id: `${accountId}:${now}`, customerId, ...who, returnUrl }
  const { setupId, url } = await saving.saved.setup(ask).catch(unavailable)
  const meant = and(eq(recharge.accountId, accountId), ne(recharge.state, 'off'))
  await store.write((db) => [
    must(
      db
        .update(recharge)
        .set({ setupId, setupUntil: now + setupLifeMs })
        .where(meant),
      'changed_meanwhile',
    ),
  ])
  return url
}

/** Switches on what was agreed to once the way to pay is saved; another that was saved before is forgotten. */
export async function finishSetup(billing: Billing, row: RechargeRow): Promise<void> {
  const { accountId, setupId } = row
  const saving = savingOf(billing, row.processor)
  if (setupId === null || saving === null) return
  const found = await saving.saved.find(setupId)
  if (found === null) return
  const { customerId, methodId, label } = found
  const isAsked = and(eq(recharge.accountId, accountId), eq(recharge.setupId, setupId))
  await unlessChanged(
    billing.store.write((db) => [
      must(
        db
          .update(recharge)
          .set({
            ...{ state: 'on', customerId, methodId, methodLabel: label, setupId: null },
            ...{ failures: 0, failure: null, nextAt: 0 },
          })
          .where(and(isAsked, ne(recharge.state, 'off'))),
        'changed_meanwhile',
      ),
    ]),
  )
  if (row.methodId === null || row.methodId === methodId) return
  await saving.saved.forget({ methodId: row.methodId }).catch((cause) => {
    billing.log.warn('recharge.forget.failed', { account: accountId, cause })
  })
}

/** When she is back from the processor's page. Refuses with `payment_unavailable`. */
export async function checkSetup(billing: Billing, accountId: string): Promise<void> {
  const row = await findRecharge(billing.store, accountId)
  if (row) await finishSetup(billing, row).catch(unavailable)
}

/** No charge is begun once this resolves. The way to pay is forgotten at the processor by the job, however often it fails. */
export async function switchOff({ store }: Billing, accountId: string): Promise<void> {
  await store.write((db) => [
    db
      .update(recharge)
      .set({ state: 'off', setupId: null, failure: null })
      .where(eq(recharge.accountId, accountId)),
  ])
}

/** Looks for ways to pay that were saved though nobody came back to say so, and forgets those of who switched it off. */
export async function tendMethods(billing: Billing): Promise<void> {
  const { store, clock, log } = billing
  const asked = and(isNotNull(recharge.setupId), gt(recharge.setupUntil, clock.now()))
  const dropped = and(ne(recharge.state, 'on'), isNotNull(recharge.methodId))
  for (const [meant, act] of [
    [asked, finishSetup],
    [dropped, forgetMethod],
  ] as const) {
    for (const row of await store.db.select().from(recharge).where(meant)) {
      await act(billing, row).catch((cause) => {
        log.warn('recharge.method.failed', { account: row.accountId, cause })
      })
    }
  }
}

async function forgetMethod(billing: Billing, row: RechargeRow): Promise<void> {
  const { accountId, methodId } = row
  if (methodId === null) return
  await savingOf(billing, row.processor)
    ?.saved.forget({ methodId })
    .catch((cause) => {
      // One that cannot be forgotten is gone already.
      if (!(cause instanceof ProcessorError) || cause.retry) throw cause
    })
  const isStill = and(eq(recharge.accountId, accountId), eq(recharge.methodId, methodId))
  await billing.store.write((db) => [
    db
      .update(recharge)
      .set({ methodId: null, methodLabel: null })
      .where(and(isStill, ne(recharge.state, 'on'))),
  ])
}

const notOffered = () =>
  new AppError('invalid_request', { message: 'Recharge is not offered here.' })

function unavailable(cause: unknown): never {
  if (!(cause instanceof ProcessorError)) throw cause
  throw new AppError('payment_unavailable', { cause })
}
