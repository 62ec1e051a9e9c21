/** Whom the demo is about: an operator's user who owns a studio's account, its members, their keys, credit and a month of calls. */
import type { Parts } from '../admin/parts.ts'
import { nanoPerUsd } from '../base/amount.ts'
import { newId } from '../base/id.ts'
import { randomText } from '../base/secret.ts'
import { createKey, type KeyTerms } from '../key/issue.ts'
import { currentDocuments, insertAcceptance, seedDocuments } from '../legal/document.ts'
import { member, user } from '../store/people.ts'
import { account } from '../store/schema.ts'
import { hashPassword } from '../user/password.ts'
import { seedHistory } from './history.ts'

const dayMs = 86_400_000
export const historyDays = 30
const credit = 100n * nanoPerUsd

const people = [
  { email: 'demo@example.com', name: 'Dora Demo', role: 'owner' },
  { email: 'ann@example.com', name: 'Ann Chen', role: 'admin' },
  { email: 'ben@example.com', name: 'Ben Okafor', role: 'developer' },
  { email: 'carla@example.com', name: 'Carla Ruiz', role: 'billing' },
] as const

const unlimited: KeyTerms = {
  ...{ name: '', expiresAt: null, creditLimit: null, creditReset: null },
  ...{ rpm: null, tpm: null, concurrent: null, models: null, ips: null },
}
const keys: { name: string; by: number; terms: Partial<KeyTerms> }[] = [
  { name: 'demo', by: 0, terms: {} },
  { name: 'website', by: 2, terms: { creditLimit: 20n * nanoPerUsd, creditReset: 'monthly' } },
  { name: 'nightly-report', by: 1, terms: { rpm: 60, models: ['sim-chat', 'sim-fast'] } },
]

export interface DemoPeople {
  key: string
  account: string
  /** All of them have this password. */
  admin: { email: string; password: string }
}

export async function seedPeople(parts: Parts): Promise<DemoPeople> {
  const { store, ledger, clock } = parts
  const now = clock.now()
  const then = now - historyDays * dayMs - 3_600_000
  await seedDocuments(store, now)
  const documents = await currentDocuments(store, now)
  const password = randomText(20)
  const passwordHash = await hashPassword(password)
  const id = newId('acc_', then)
  const users = people.map((one) => ({ ...one, id: newId('usr_', then) }))
  await store.write((db) => [
    db.insert(account).values({
      id,
      kind: 'entity',
      name: 'Demo Studio',
      country: 'TW',
      tier: 'operator',
      createdAt: then,
    }),
    ...users.flatMap(({ role, id: userId, ...facts }) => [
      db.insert(user).values({
        ...{
          ...facts,
          id: userId,
          passwordHash,
          emailVerifiedAt: then,
          affirmedAt: then,
          createdAt: then,
        },
        adminRole: role === 'owner' ? ('owner' as const) : null,
      }),
      db.insert(member).values({ accountId: id, userId, role, createdAt: then }),
      ...documents.map(({ id: documentId }) =>
        insertAcceptance(db, { userId, documentId, addressHash: null, agent: null }, then),
      ),
    ]),
  ])
  await ledger.transfer(
    {
      ...{ id: newId('tfr_', then), accountId: id, code: 'grant', amount: credit },
      ...{ reason: 'demo', actor: 'demo' },
    },
    then,
  )
  const issued = []
  for (const { name, by, terms } of keys) {
    const createdBy = users[by]?.id ?? null
    issued.push(await createKey(store, id, { ...unlimited, ...terms, name }, then, { createdBy }))
  }
  await seedHistory(
    parts,
    id,
    issued.map(({ id: keyId }) => keyId),
    now,
  )
  return { key: issued[0]?.secret ?? '', account: id, admin: { email: people[0].email, password } }
}
