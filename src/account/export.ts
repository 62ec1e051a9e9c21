/**
 * One's data as a JSON file: what is kept of a user, and of an account, its statement included. Written piece by piece, since a
 * statement has a line for each call. No secret, and no hash of one, is in it.
 */
import { asc, eq, sql } from 'drizzle-orm'
import { formatUsd } from '../base/amount.ts'
import { readStatement } from '../ledger/statement.ts'
import { buyer, muted, receipt, recharge } from '../store/credit.ts'
import { acceptance, document, passkey, refundRequest, webhook } from '../store/people.ts'
import { key, usageHour } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import type { People } from '../user/people.ts'
import { listSessions, readProfile } from '../user/profile.ts'
import type { Visitor } from '../user/session.ts'
import { readAccount } from './account.ts'
import { listInvitations } from './invitation.ts'
import { listMembers } from './member.ts'
import { listAccounts } from './session-routes.ts'
import { showSettings } from './settings.ts'

const pageSize = 1000

/** The user, what she accepted, and every account of hers. */
export async function* exportUser(people: People, visitor: Visitor): AsyncGenerator<string> {
  const { store, clock } = people
  const facts = {
    exported_at: iso(clock.now()),
    profile: await readProfile(people, visitor),
    sessions: await listSessions(people, visitor),
    passkeys: await listPasskeys(store, visitor.userId),
    acceptances: await listAcceptances(store, visitor.userId),
    muted_notices: await listMuted(store, visitor.userId),
  }
  yield `${open(facts)},"accounts":[`
  let first = true
  for (const { id } of await listAccounts(people, visitor.userId)) {
    if (!first) yield ','
    first = false
    yield* exportAccount(people, id)
  }
  yield ']}'
}

export async function* exportAccount(
  { store, clock }: Pick<People, 'store' | 'clock'>,
  id: string,
): AsyncGenerator<string> {
  const facts = {
    exported_at: iso(clock.now()),
    account: showSettings(await readAccount(store, id)),
    members: await listMembers(store, id),
    invitations: await listInvitations(store, id, clock.now()),
    keys: await listKeys(store, id),
    webhooks: await store.db
      .select({ id: webhook.id, url: webhook.url, state: webhook.state })
      .from(webhook)
      .where(eq(webhook.accountId, id)),
    ...(await listBilled(store, id)),
    recharge: await readRecharge(store, id),
    refund_requests: await listRefunds(store, id),
    usage_by_model: await sumUsage(store, id),
  }
  yield `${open(facts)},"statement":[`
  yield* writeStatement(store, id)
  yield ']}'
}

/** The newest first, a page at a time. */
async function* writeStatement(store: Store, id: string): AsyncGenerator<string> {
  let after: number | undefined
  while (true) {
    const page = { limit: pageSize, ...(after !== undefined && { after }) }
    const rows = await readStatement(store, id, page)
    const shown = rows.map(({ seq, id, code, amount, balance, callId, reason, createdAt }) =>
      JSON.stringify({
        ...{ seq, id, code, amount: formatUsd(amount), balance: formatUsd(balance) },
        ...{ request: callId, reason, at: iso(createdAt) },
      }),
    )
    if (shown.length > 0) yield `${after === undefined ? '' : ','}${shown.join(',')}`
    if (rows.length < pageSize) return
    after = rows.at(-1)?.seq
  }
}

/** Who it is billed as, and what was printed for it. */
async function listBilled({ db }: Store, accountId: string) {
  const [billedAs] = await db.select().from(buyer).where(eq(buyer.accountId, accountId))
  const receipts = await db
    .select({ number: receipt.number, kind: receipt.kind, facts: receipt.facts })
    .from(receipt)
    .where(eq(receipt.accountId, accountId))
    .orderBy(asc(receipt.number))
  return { buyer: billedAs ?? null, receipts }
}

/** What was agreed to; null where nothing ever was. */
async function readRecharge({ db }: Store, accountId: string) {
  const [row] = await db.select().from(recharge).where(eq(recharge.accountId, accountId))
  if (!row) return null
  const { state, threshold, credit, monthlyCap, methodLabel, agreedBy, agreedAt } = row
  return {
    ...{ state, threshold: formatUsd(threshold), credit: formatUsd(credit) },
    ...{ monthly_cap: formatUsd(monthlyCap), method: methodLabel },
    ...{ agreed_by: agreedBy, agreed_at: iso(agreedAt) },
  }
}

async function listMuted({ db }: Store, userId: string) {
  const rows = await db.select().from(muted).where(eq(muted.userId, userId))
  return rows.map(({ kind }) => kind)
}

async function listPasskeys({ db }: Store, userId: string) {
  const rows = await db.select().from(passkey).where(eq(passkey.userId, userId))
  return rows.map(({ name, createdAt, usedAt }) => ({
    ...{ name, created_at: iso(createdAt), used_at: usedAt === null ? null : iso(usedAt) },
  }))
}

async function listAcceptances({ db }: Store, userId: string) {
  const rows = await db
    .select({ kind: document.kind, version: document.version, acceptance })
    .from(acceptance)
    .innerJoin(document, eq(document.id, acceptance.documentId))
    .where(eq(acceptance.userId, userId))
    .orderBy(asc(acceptance.acceptedAt))
  return rows.map(({ kind, version, acceptance: { acceptedAt, agent } }) => ({
    ...{ kind, version, accepted_at: iso(acceptedAt), agent },
  }))
}

async function listKeys({ db }: Store, accountId: string) {
  const rows = await db.select().from(key).where(eq(key.accountId, accountId)).orderBy(asc(key.id))
  return rows.map(({ id, name, suffix, state, purpose, spent, createdBy, createdAt }) => ({
    ...{ id, name, label: `sk-kk-…${suffix}`, state, purpose, spent: formatUsd(spent) },
    ...{ created_by: createdBy, created_at: iso(createdAt) },
  }))
}

async function listRefunds({ db }: Store, accountId: string) {
  const rows = await db.select().from(refundRequest).where(eq(refundRequest.accountId, accountId))
  return rows.map(({ id, amount, reason, state, createdAt }) => ({
    ...{ id, amount: formatUsd(amount), reason, state, created_at: iso(createdAt) },
  }))
}

async function sumUsage({ db }: Store, accountId: string) {
  const sum = (column: unknown) => sql`SUM(${column})`.mapWith(String)
  const rows = await db
    .select({
      model: usageHour.modelId,
      calls: sum(usageHour.calls),
      prompt: sum(usageHour.promptTokens),
      completion: sum(usageHour.completionTokens),
      charged: sum(usageHour.charged),
    })
    .from(usageHour)
    .where(eq(usageHour.accountId, accountId))
    .groupBy(usageHour.modelId)
    .orderBy(usageHour.modelId)
  return rows.map(({ model, calls, prompt, completion, charged }) => ({
    ...{ model, requests: Number(calls), prompt_tokens: Number(prompt) },
    ...{ completion_tokens: Number(completion), charged: formatUsd(BigInt(charged)) },
  }))
}

/** An object whose last member is to follow. */
const open = (facts: object) => JSON.stringify(facts).slice(0, -1)

const iso = (at: number) => new Date(at).toISOString()
