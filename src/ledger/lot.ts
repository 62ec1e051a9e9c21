/**
 * An account's lots of credit: what of each is left, and what it was used for. Nothing on a call's path keeps them: whoever
 * asks has what happened since divided first (`division.ts`), in pages, each written only if no other did so meanwhile.
 */
import { and, asc, desc, eq, getTableColumns, gt, inArray, ne, or, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import { lesser } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { lot, lotUse, type topUp } from '../store/credit.ts'
import { account, transfer } from '../store/schema.ts'
import { byHand, must, type Store } from '../store/store.ts'
import {
  bySpending,
  type Divisible,
  type Division,
  divide,
  type LotUse,
  type Take,
  undivided,
} from './division.ts'

type Read = Pick<Store, 'db'>

const pageRows = 4000

/** Divides what the account's lots do not account for yet. On any number of nodes at once. */
export async function divideLots(store: Store, accountId: string, rows = pageRows): Promise<void> {
  for (;;) {
    const [at] = await store.db
      .select({ seq: account.lotsSeq, debt: account.lotsDebt })
      .from(account)
      .where(eq(account.id, accountId))
    if (!at) return
    const stretch = await readStretch(store, accountId, at.seq, rows)
    if (stretch.length === 0) return
    const before = { ...undivided, ...at, ...(await readDivided(store, accountId, stretch)) }
    await writeDivision(store, accountId, before, divide(before, stretch)).catch((cause) => {
      if (!(cause instanceof AppError && cause.code === 'changed_meanwhile')) throw cause
    })
  }
}

/** Calls that are held or void move nothing. */
function readStretch({ db }: Read, accountId: string, after: number, rows: number) {
  const { id, seq, phase, pendingId, debitId, amount, code, correctsId, createdAt } =
    getTableColumns(transfer)
  const moves = or(ne(transfer.code, 'usage'), eq(transfer.phase, 'post'))
  return db
    .select({
      ...{ id, seq, phase, pendingId, debitId, amount, code, correctsId, createdAt },
      accountId: transfer.accountId,
    })
    .from(transfer)
    .where(and(eq(transfer.accountId, accountId), gt(transfer.seq, after), moves))
    .orderBy(asc(transfer.seq))
    .limit(rows)
}

/** Read after the stretch: no credit in it is without its lot. */
async function readDivided(
  { db }: Read,
  accountId: string,
  stretch: readonly Divisible[],
): Promise<Pick<Division, 'lots' | 'uses' | 'frozen'>> {
  const lots = await selectLots({ db }).where(eq(lot.accountId, accountId))
  const last = sql`(SELECT MAX(later.from_seq) FROM lot_use later WHERE later.lot_id = ${lotUse.lotId})`
  const uses = await selectUses({ db }).where(
    and(eq(lot.accountId, accountId), gt(lot.amount, lot.spent), eq(lotUse.fromSeq, last)),
  )
  const resolved = stretch.flatMap(({ code, pendingId }) =>
    code === 'refund' && pendingId !== null ? [pendingId] : [],
  )
  const takes =
    resolved.length === 0
      ? []
      : await db
          .select({ id: transfer.id, lotId: lotUse.lotId, amount: lotUse.amount })
          .from(transfer)
          .innerJoin(lot, eq(lot.accountId, transfer.accountId))
          .innerJoin(lotUse, and(eq(lotUse.lotId, lot.id), eq(lotUse.fromSeq, transfer.seq)))
          .where(inArray(transfer.id, resolved))
  const frozen = new Map<string, Take[]>(Map.groupBy(takes, ({ id }) => id))
  return { lots, uses, frozen }
}

function selectUses({ db }: Read) {
  return db
    .select({ ...getTableColumns(lotUse), createdAt: transfer.createdAt })
    .from(lotUse)
    .innerJoin(lot, eq(lot.id, lotUse.lotId))
    .innerJoin(
      transfer,
      and(eq(transfer.accountId, lot.accountId), eq(transfer.seq, lotUse.fromSeq)),
    )
}

function writeDivision(store: Store, accountId: string, before: Division, after: Division) {
  const spent = new Map(before.lots.map((one) => [one.id, one.spent]))
  return store.write((db) => [
    must(
      db
        .update(account)
        .set({ lotsSeq: after.seq, lotsDebt: after.debt })
        .where(and(eq(account.id, accountId), eq(account.lotsSeq, before.seq))),
      'changed_meanwhile',
    ),
    ...after.lots
      .filter((one) => one.spent !== spent.get(one.id))
      .map((one) => db.update(lot).set({ spent: one.spent }).where(eq(lot.id, one.id))),
    ...after.uses
      .filter(({ toSeq }) => toSeq > before.seq)
      .map(({ lotId, fromSeq, toSeq, code, amount }) =>
        byHand(sql`INSERT INTO lot_use (lot_id, from_seq, to_seq, code, amount)
          VALUES (${lotId}, ${fromSeq}, ${toSeq}, ${code}, ${amount})
          ON CONFLICT (lot_id, from_seq) DO UPDATE SET to_seq = excluded.to_seq, amount = excluded.amount`),
      ),
  ])
}

/** With something left, in the order that they are spent. */
export async function readLots(store: Store, accountId: string) {
  await divideLots(store, accountId)
  const lots = await selectLots(store).where(
    and(eq(lot.accountId, accountId), gt(lot.amount, lot.spent)),
  )
  return lots.sort(bySpending)
}
export type OpenLot = Awaited<ReturnType<typeof readLots>>[number]

/** One of the account's, spent or not; null where there is none. */
export async function readLot(store: Store, accountId: string, id: string) {
  await divideLots(store, accountId)
  const [row] = await selectLots(store).where(and(eq(lot.accountId, accountId), eq(lot.id, id)))
  return row ?? null
}

/** Each with its transfer's place in the chain, and what it came from. */
function selectLots({ db }: Read) {
  const { code, reason, seq } = transfer
  return db
    .select({ ...getTableColumns(lot), seq, code, reason })
    .from(lot)
    .innerJoin(transfer, eq(transfer.id, lot.id))
}

/**
 * Of an order's lots the one that most is left of, and how much of it is the order's; null before it is paid. What other refunds
 * froze counts as spent.
 */
export async function refundable(
  store: Store,
  { accountId, transferId }: Pick<typeof topUp.$inferSelect, 'accountId' | 'transferId'>,
): Promise<{ lotId: string; left: bigint } | null> {
  if (transferId === null) return null
  const own = await readLot(store, accountId, transferId)
  if (own === null) return null
  const lots = [
    { lotId: own.id, left: own.amount - own.spent },
    ...(await readWon(store, accountId, transferId)),
  ]
  return lots.reduce((most, one) => (one.left > most.left ? one : most))
}

/** What disputes that were won gave back: of each as much as it had taken of paid credit, and not of gifts; once. */
async function readWon({ db }: Read, accountId: string, transferId: string) {
  const taken = alias(transfer, 'taken')
  const uses = sql`(SELECT COALESCE(SUM(u.amount), 0) FROM ${lotUse} u JOIN ${lot} l ON l.id = u.lot_id`
  const paid = sql`${uses} WHERE l.account_id = ${accountId} AND l.kind = 'paid' AND u.from_seq = ${taken.seq})`
  const gone = sql`${uses} WHERE l.id = ${lot.id} AND u.code = 'refund')`
  const rows = await db
    .select({
      ...{ lotId: lot.id, unspent: sql`${lot.amount} - ${lot.spent}`.mapWith(BigInt) },
      most: sql`${paid} - ${gone}`.mapWith(BigInt),
    })
    .from(lot)
    .innerJoin(transfer, eq(transfer.id, lot.id))
    .innerJoin(taken, eq(taken.id, transfer.correctsId))
    .where(and(eq(lot.accountId, accountId), eq(taken.correctsId, transferId)))
  return rows.map(({ lotId, unspent, most }) => ({ lotId, left: lesser(unspent, most) }))
}

/** What a lot of the account was used for, the latest first; as far as its lots are divided. */
export function readLotUses(
  store: Read,
  { accountId, lotId, limit }: { accountId: string; lotId: string; limit: number },
): Promise<LotUse[]> {
  return selectUses(store)
    .where(and(eq(lot.accountId, accountId), eq(lotUse.lotId, lotId)))
    .orderBy(desc(lotUse.fromSeq))
    .limit(limit)
}
