/**
 * The first call of a new platform: over its own public API, with a key of the admin's account that lives for this call, paid
 * from a dollar that the account is given once. Key, hold, provider, price and ledger are all shown to work, or which does not.
 */
import { and, eq } from 'drizzle-orm'
import { formatUsd, nanoPerUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { sellableModels } from '../catalog/book.ts'
import { revokeKey } from '../key/change.ts'
import { createKey } from '../key/issue.ts'
import { unlimited } from '../key/view.ts'
import { member } from '../store/people.ts'
import { account } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import type { Parts } from './parts.ts'

const keyLifeMs = 10 * 60_000
const longestMs = 120_000

interface Completion {
  id: string
  choices: { message: { content: string | null } }[]
  usage: { cost: number }
}

/** By `model`, or the first that is sold. Refuses with the gateway's own words about `model`. */
export async function makeFirstCall(parts: Parts, userId: string, model: string | null) {
  const { store, clock, catalog } = parts
  const now = clock.now()
  const chats = sellableModels(catalog.current, now).filter(({ kind }) => kind === 'chat')
  const chosen = model ?? chats[0]?.id
  if (chosen === undefined) throw new AppError('model_not_found', { param: 'model' })
  const accountId = await findOwnAccount(store, userId)
  await grantOnce(parts, accountId, userId)
  const terms = { ...unlimited, name: 'set-up', creditLimit: nanoPerUsd }
  const expiring = { ...terms, expiresAt: now + keyLifeMs }
  const key = await createKey(store, accountId, expiring, now, { createdBy: userId })
  try {
    const { id, choices, usage } = await complete(parts.place.url, key.secret, chosen)
    const answer = choices[0]?.message.content ?? ''
    return { id, model: chosen, answer, cost: usage.cost.toFixed(9) }
  } finally {
    await revokeKey(store, key.hash)
    parts.forgetKeys()
  }
}

async function findOwnAccount({ db }: Store, userId: string): Promise<string> {
  const owned = and(eq(member.userId, userId), eq(member.role, 'owner'))
  const [row] = await db
    .select({ id: account.id })
    .from(member)
    .innerJoin(account, eq(account.id, member.accountId))
    .where(and(owned, eq(account.state, 'active')))
    .orderBy(account.createdAt)
    .limit(1)
  if (!row) throw new AppError('not_found', { message: 'Make an account of your own first.' })
  return row.id
}

async function grantOnce({ ledger, clock }: Parts, accountId: string, actor: string) {
  const now = clock.now()
  await ledger.transfer(
    {
      ...{ id: newId('tfr_', now), accountId, code: 'grant', amount: nanoPerUsd, actor },
      ...{
        reason: `$${formatUsd(nanoPerUsd)} for the first call`,
        externalId: `${accountId}:setup`,
      },
    },
    now,
  )
}

async function complete(url: string, key: string, model: string): Promise<Completion> {
  const messages = [{ role: 'user', content: 'Say hello in one short sentence.' }]
  const response = await fetch(`${url}/api/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages, max_tokens: 500 }),
    signal: AbortSignal.timeout(longestMs),
  }).catch((cause) => {
    throw new AppError('timeout', { cause })
  })
  if (response.ok) return (await response.json()) as Completion
  const { error } = (await response.json()) as { error: { message: string } }
  throw new AppError('invalid_request', { param: 'model', message: error.message })
}
