/** What an account's members should know now: as true as the moment, whatever was mailed of it. */
import { and, eq, gt, gte, isNotNull, lte, or } from 'drizzle-orm'
import type { AccountRow } from '../account/account.ts'
import type { Catalog } from '../catalog/model.ts'
import { spentOf } from '../key/view.ts'
import { key, usageHour } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { comingChanges, usedMs } from './coming.ts'
import { isShort, spendPerDay } from './runway.ts'
import { dayMs } from './tell.ts'

export interface Notice {
  kind:
    | 'suspended'
    | 'negative_balance'
    | 'low_balance'
    | 'key_limit'
    | 'key_expires'
    | 'price_rise'
    | 'model_retires'
  /** The key's name, or the model. */
  subject: string | null
  /** When it happens. */
  at: string | null
  /** The page where something can be done about it. */
  link: string
}

const soonMs = 7 * dayMs
const retiringMs = 60 * dayMs
/** Of a key's limit, from when on it is worth a word. */
const nearlySpent = { share: 80n, of: 100n }

export async function listNotices(
  store: Store,
  catalog: Catalog,
  owner: AccountRow,
  now: number,
): Promise<Notice[]> {
  const [balance, keys, changes] = await Promise.all([
    noticeBalance(store, owner, now),
    noticeKeys(store, owner.id, now),
    noticeModels(store, catalog, owner.id, now),
  ])
  return [...balance, ...keys, ...changes]
}

async function noticeBalance(store: Store, owner: AccountRow, now: number): Promise<Notice[]> {
  const { id, state, lowBalance, creditsPosted, debitsPosted, debitsPending } = owner
  const balance = creditsPosted - debitsPosted
  const about = { subject: null, at: null, link: `/accounts/${id}/billing` }
  const suspended: Notice[] = state === 'suspended' ? [{ kind: 'suspended', ...about }] : []
  if (balance < 0n) return [...suspended, { kind: 'negative_balance', ...about }]
  const low = lowBalance !== null && creditsPosted > 0n && balance < lowBalance
  if (low || isShort(balance - debitsPending, await spendPerDay(store, id, now))) {
    return [...suspended, { kind: 'low_balance', ...about }]
  }
  return suspended
}

async function noticeKeys({ db }: Store, accountId: string, now: number): Promise<Notice[]> {
  const expiring = and(gt(key.expiresAt, now), lte(key.expiresAt, now + soonMs))
  const own = [eq(key.accountId, accountId), eq(key.state, 'active')]
  const rows = await db
    .select()
    .from(key)
    .where(and(...own, or(expiring, isNotNull(key.creditLimit))))
  const link = `/accounts/${accountId}/keys`
  return rows.flatMap((row): Notice[] => {
    const { name: subject, expiresAt, creditLimit } = row
    const spent = spentOf(row, now)
    const near = creditLimit !== null && spent * nearlySpent.of >= creditLimit * nearlySpent.share
    const ends = expiresAt !== null && expiresAt > now && expiresAt <= now + soonMs
    return [
      ...(near ? [{ kind: 'key_limit' as const, subject, at: null, link }] : []),
      ...(ends ? [{ kind: 'key_expires' as const, subject, at: iso(expiresAt), link }] : []),
    ]
  })
}

/** Of models that it used in the last 30 days. */
async function noticeModels(
  { db }: Store,
  catalog: Catalog,
  accountId: string,
  now: number,
): Promise<Notice[]> {
  const changes = comingChanges(catalog, now).filter(
    ({ kind, at }) => kind === 'price_rise' || at <= now + retiringMs,
  )
  if (changes.length === 0) return []
  const used = await db
    .selectDistinct({ id: usageHour.modelId })
    .from(usageHour)
    .where(and(eq(usageHour.accountId, accountId), gte(usageHour.hour, now - usedMs)))
  const ids = new Set(used.map(({ id }) => id))
  return changes
    .filter(({ model }) => ids.has(model))
    .map(({ kind, model, at }) => ({ kind, subject: model, at: iso(at), link: `/models/${model}` }))
}

const iso = (at: number) => new Date(at).toISOString()
