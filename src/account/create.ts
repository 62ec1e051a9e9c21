/** A new account with its first owner: part of the write that registers her, or one by itself for who has one already. */
import { newId } from '../base/id.ts'
import { member } from '../store/people.ts'
import { account } from '../store/schema.ts'
import type { Query, Statement } from '../store/store.ts'

/** Below this a new account warns; its owners may set another threshold, or none. */
const lowBalance = 5_000_000_000n

export interface NewAccount {
  /** Made here unless it must be known before. */
  id?: string
  kind: 'person' | 'entity'
  name: string
  country: string | null
  ownerId: string
}

export function newAccount(db: Query, made: NewAccount, now: number): Statement[] {
  const { id = newId('acc_', now), kind, name, country, ownerId } = made
  return [
    db.insert(account).values({ id, kind, name, country, lowBalance, createdAt: now }),
    db.insert(member).values({ accountId: id, userId: ownerId, role: 'owner', createdAt: now }),
  ]
}
