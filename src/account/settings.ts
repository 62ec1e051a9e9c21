/** What an account's owners and admins set: its name and country, when it warns, and whether providers may train on its calls. */
import { and, eq } from 'drizzle-orm'
import { formatUsd, parseUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { body, user } from '../store/people.ts'
import { account } from '../store/schema.ts'
import { must } from '../store/store.ts'
import type { People } from '../user/people.ts'
import { cleanName } from '../user/register.ts'
import { type AccountRow, shownName } from './account.ts'
import { type NewAccount, newAccount } from './create.ts'

/** What the dashboard sends. Left out: as it is. `low_balance`: USD, null for no warning. */
export interface WrittenSettings {
  name?: string
  country?: string | null
  training?: boolean
  /** Days that bodies of calls are kept; 0 for never. */
  body_days?: number
  low_balance?: string | null
}

export function showSettings(row: AccountRow) {
  const { id, kind, tier, state, stateReason, country, training, lowBalance, bodyDays, createdAt } =
    row
  return {
    ...{ id, name: shownName(row), country, training, tier },
    kind: kind === 'entity' ? ('entity' as const) : ('person' as const),
    state: state === 'suspended' ? ('suspended' as const) : ('active' as const),
    state_reason: stateReason,
    body_days: bodyDays,
    low_balance: lowBalance === null ? null : formatUsd(lowBalance),
    created_at: new Date(createdAt).toISOString(),
  }
}

export async function changeSettings(
  { store, forgetKeys }: Pick<People, 'store' | 'forgetKeys'>,
  accountId: string,
  { name, country, training, body_days, low_balance }: WrittenSettings,
): Promise<void> {
  const changes = {
    ...(name !== undefined && { name: readName(name) }),
    ...(country !== undefined && { country }),
    ...(training !== undefined && { training }),
    ...(body_days !== undefined && { bodyDays: body_days }),
    ...(low_balance !== undefined && {
      lowBalance: low_balance === null ? null : parseUsd(low_balance, 'low_balance'),
    }),
  }
  if (Object.keys(changes).length === 0) return
  const active = and(eq(account.id, accountId), eq(account.state, 'active'))
  await store.write((db) => [
    must(db.update(account).set(changes).where(active), 'account_suspended'),
    // What is no longer to be kept goes at once.
    ...(body_days === 0 ? [db.delete(body).where(eq(body.accountId, accountId))] : []),
  ])
  forgetKeys()
}

/** For who is registered already. Answers its id. */
export async function addAccount(
  { store, clock }: Pick<People, 'store' | 'clock'>,
  made: Omit<NewAccount, 'id'>,
): Promise<string> {
  const now = clock.now()
  const id = newId('acc_', now)
  const owner = and(eq(user.id, made.ownerId), eq(user.state, 'active'))
  await store.write((db) => [
    // Not while she is closed.
    must(db.update(user).set({ state: 'active' }).where(owner), 'session_required'),
    ...newAccount(db, { ...made, id, name: readName(made.name) }, now),
  ])
  return id
}

function readName(text: string): string {
  const name = cleanName(text)
  if (name !== '') return name
  throw new AppError('invalid_request', { param: 'name', message: 'A name is needed.' })
}
