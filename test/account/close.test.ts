/** Closing: what ends, what is blanked, what is kept, and what is paid back (T8.1, T8.3). */
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { suspendAccount } from '../../src/account/account.ts'
import { closeAccount, closeUser, foreseeRefund } from '../../src/account/close.ts'
import { addAccount } from '../../src/account/settings.ts'
import type { Code } from '../../src/ledger/chart.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import {
  acceptance,
  document,
  identity,
  invitation,
  passkey,
  recoveryCode,
  refundRequest,
  session,
  ticket,
  user,
  webhook,
} from '../../src/store/people.ts'
import { account, key, transfer } from '../../src/store/schema.ts'
import { databases, now, openTestSqlite, type TestStore } from '../helpers/database.ts'
import { mailsTo, newTeam, newUser, openPeople, rolesIn } from '../helpers/people.ts'
import { movement, refusal } from '../ledger/world.ts'

const usd = 1_000_000_000n

/** Acme of Ann, and of Bob who has an account of his own too; each thing that a person or an account can have is there. */
async function acme(store: TestStore) {
  const people = await openPeople(store)
  const id = await newTeam(people, 'acme', { ann: 'owner', bob: 'billing' })
  await newTeam(people, 'bobs', { bob: 'owner' })
  await people.sessions.open('ann', { address: '192.0.2.1', agent: 'Firefox' })
  await people.sessions.open('bob', { address: '192.0.2.2', agent: 'Firefox' })
  const at = { createdAt: now }
  const email = 'new@example.com'
  await store.write((db) => [
    db.update(user).set({ passwordHash: 'x', totpSecret: 'x' }).where(eq(user.id, 'ann')),
    db.insert(key).values({ id: 'key_1', hash: 'h', suffix: 's', accountId: id, name: 'k', ...at }),
    db.insert(webhook).values({ id: 'whk_1', accountId: id, url: 'https://a', secret: 's', ...at }),
    db.insert(invitation).values({
      ...{ id: 'inv_1', hash: 'h', accountId: id, email, role: 'admin', invitedBy: 'ann' },
      ...{ ...at, expiresAt: now + 1 },
    }),
    db.insert(identity).values({ provider: 'google', subject: '1', userId: 'ann', ...at }),
    db
      .insert(passkey)
      .values({ id: 'p', userId: 'ann', publicKey: 'k', counter: 0, name: 'n', ...at }),
    db.insert(recoveryCode).values({ id: 'r', userId: 'ann' }),
    db.insert(ticket).values({ id: 't', kind: 'reset', userId: 'ann', ...at, expiresAt: now + 1 }),
    db.insert(document).values({
      ...{ id: 'doc_1', kind: 'terms', version: '1', material: true, effectiveAt: now, ...at },
      ...{ textEn: '', textZh: '', summaryEn: '', summaryZh: '', publishedBy: 'platform' },
    }),
    db.insert(acceptance).values({ userId: 'ann', documentId: 'doc_1', acceptedAt: now }),
  ])
  const ledger = openLedger(store)
  const close = (who = 'ann', name = 'acme') => {
    const by = { userId: who, email: `${who}@example.com` }
    return closeAccount(people, id, by, { name, reason: 'moving on' })
  }
  return { people, id, ledger, close }
}

describe.each(databases)('on %s', (_, open) => {
  test('keys, memberships, sessions and personal data end at once; ledger and acceptance stay', async () => {
    const { people, id, ledger, close } = await acme(await open())
    const { store } = people
    await ledger.transfer({ ...movement(id, 'topup', 5n * usd), processor: 'manual' }, now)
    expect(await close()).toBe(5n * usd)

    const all = async (table: Parameters<ReturnType<typeof store.db.select>['from']>[0]) =>
      store.db.select().from(table)
    const [row] = await store.db.select().from(account).where(eq(account.id, id))
    expect(row).toMatchObject({ state: 'closed', name: '', email: null, country: null })
    expect(row).toMatchObject({ closedAt: now, creditsPosted: 5n * usd })
    expect(await all(key)).toMatchObject([{ state: 'revoked' }])
    expect(await all(webhook)).toMatchObject([{ state: 'disabled' }])
    expect(await all(invitation)).toEqual([])
    expect(await rolesIn(people, id)).toEqual({})
    expect(await all(transfer)).toHaveLength(1)
    expect(await all(acceptance)).toHaveLength(1)

    const [ann] = await store.db.select().from(user).where(eq(user.id, 'ann'))
    expect(ann).toMatchObject({ state: 'closed', email: null, name: '' })
    expect(ann).toMatchObject({ passwordHash: null, totpSecret: null })
    expect(await all(session)).toMatchObject([{ userId: 'bob' }])
    for (const table of [identity, passkey, recoveryCode, ticket]) {
      expect(await all(table)).toEqual([])
    }
    // Bob has an account of his own.
    const [bob] = await store.db.select().from(user).where(eq(user.id, 'bob'))
    expect(bob).toMatchObject({ state: 'active', email: 'bob@example.com' })

    expect(await all(refundRequest)).toMatchObject([
      { accountId: id, amount: 5n * usd, contact: 'ann@example.com', reason: 'moving on' },
    ])
    expect(await mailsTo(people, 'ann', 'account_closed')).toEqual([
      expect.stringContaining('5.00'),
    ])
    expect(people.forgotten()).toBe(1)
    expect(await refusal(close())).toBe('not_found')
  })

  test('the process may die once it is closed: its mail is queued', async () => {
    const { people, id, close } = await acme(await open())
    const { write, db } = people.store
    people.store.write = async (build) => {
      const [row] = await db.select().from(account).where(eq(account.id, id))
      if (row?.state === 'closed') throw new Error('died')
      await write(build)
    }
    await close()
    expect(await mailsTo(people, 'ann', 'account_closed')).toHaveLength(1)
  })

  test.each([
    ['more is', 'topup', 3n],
    ['less is', 'dispute', 1n],
    ['nothing is', 'dispute', 2n],
  ] as const)('where %s left meanwhile, that is asked back and mailed', async (_, code, moved) => {
    const { people, id, ledger, close } = await acme(await open())
    await ledger.transfer({ ...movement(id, 'topup', 2n * usd), processor: 'manual' }, now)
    await foreseeRefund(people.store, id)
    const { write } = people.store
    let writes = 0
    people.store.write = async (build) => {
      // After what is left was read, before it is asked back.
      if (++writes === 2) {
        await ledger.transfer({ ...movement(id, code, moved * usd), processor: 'manual' }, now)
      }
      await write(build)
    }
    const left = code === 'topup' ? 2n + moved : 2n - moved
    expect(await close()).toBe(left === 0n ? null : left * usd)
    const asked = await people.store.db.select().from(refundRequest)
    expect(asked.map(({ amount }) => amount)).toEqual(left === 0n ? [] : [left * usd])
    const [text] = await mailsTo(people, 'ann', 'account_closed')
    expect(text?.includes(`${left}.00 USD`)).toBe(left > 0n)
  })

  test('closing twice at once asks for one refund', async () => {
    const { people, id, ledger, close } = await acme(await open())
    await ledger.transfer({ ...movement(id, 'topup', usd), processor: 'manual' }, now)
    const ends = await Promise.all([refusal(close()), refusal(close())])
    expect(ends.filter((end) => end === 'granted')).toHaveLength(1)
    expect(await people.store.db.select().from(refundRequest)).toHaveLength(1)
  })

  test('who opens another account while her last one closes is not left half closed', async () => {
    const { people, close } = await acme(await open())
    const made = { kind: 'person', name: 'new', country: null, ownerId: 'ann' } as const
    const [, opened] = await Promise.all([close(), refusal(addAccount(people, made))])
    const [ann] = await people.store.db.select().from(user).where(eq(user.id, 'ann'))
    const expected = opened === 'granted' ? 'active' : 'closed'
    expect(ann?.state).toBe(expected)
  })
})

// biome-ignore format: a table is read by its rows
test.each<[string, [code: Code, usd: number][], number | null]>([
  ['nothing', [], null],
  ['a gift', [['grant', 3]], null],
  ['a payment', [['topup', 3]], 3],
  ['a payment and a gift', [['topup', 3], ['grant', 2]], 3],
  ['a payment of which part was paid back', [['topup', 3], ['refund', 1]], 2],
  ['a gift spent, and part of the payment', [['topup', 3], ['grant', 2], ['adjustment', 4]], 1],
  ['a debt', [['topup', 1], ['adjustment', 2]], null],
])('what was paid and not spent is asked back: of %s', async (_, movements, expected) => {
  const { id, ledger, close } = await acme(await openTestSqlite())
  for (const [code, cost] of movements) {
    const more = code === 'adjustment' ? { way: 'debit' as const, reason: 'x', actor: 'x' } : {}
    const paid = code === 'topup' || code === 'refund' ? { processor: 'manual' } : {}
    await ledger.transfer({ ...movement(id, code, BigInt(cost) * usd), ...more, ...paid }, now)
  }
  expect(await close()).toBe(expected === null ? null : BigInt(expected) * usd)
})

test('what running calls hold is not part of the refund', async () => {
  const { people, id, ledger, close } = await acme(await openTestSqlite())
  await ledger.transfer({ ...movement(id, 'topup', 3n * usd), processor: 'manual' }, now)
  await people.store.write((db) => [
    db.update(account).set({ debitsPending: usd }).where(eq(account.id, id)),
  ])
  expect(await close()).toBe(2n * usd)
})

test.each([
  ['its name not typed', 'ann', 'Acme', 'invalid_request'],
  ['by who is no owner', 'bob', 'acme', 'role_not_allowed'],
])('%s: not closed', async (_, who, name, code) => {
  const { people, id, close } = await acme(await openTestSqlite())
  expect(await refusal(close(who, name))).toBe(code)
  expect(await rolesIn(people, id)).toEqual({ ann: 'owner', bob: 'billing' })
})

test('a suspended account may be closed', async () => {
  const { people, id, close } = await acme(await openTestSqlite())
  await suspendAccount(people, id, 'asked questions')
  expect(await refusal(close())).toBe('granted')
})

test('who runs the platform stays a user without her account', async () => {
  const { people, close } = await acme(await openTestSqlite())
  await people.store.write((db) => [
    db.update(user).set({ adminRole: 'owner' }).where(eq(user.id, 'ann')),
  ])
  await close()
  const [ann] = await people.store.db.select().from(user).where(eq(user.id, 'ann'))
  expect(ann).toMatchObject({ state: 'active', email: 'ann@example.com' })
  expect(await refusal(closeUser(people, { userId: 'ann', adminRole: 'owner' }))).toBe(
    'role_not_allowed',
  )
})

describe('a user closes herself', () => {
  const close = (people: Awaited<ReturnType<typeof openPeople>>, userId: string) =>
    refusal(closeUser(people, { userId, adminRole: null }))

  test('not while an account would be left without an owner', async () => {
    const { people } = await acme(await openTestSqlite())
    expect(await close(people, 'bob')).toBe('last_owner')
    expect(await rolesIn(people, 'acme')).toMatchObject({ bob: 'billing' })
  })

  test('and leaves the accounts of others; her address is free again', async () => {
    const people = await openPeople(await openTestSqlite())
    const id = await newTeam(people, 'acme', { ann: 'owner', olga: 'owner' })
    expect(await close(people, 'olga')).toBe('granted')
    expect(await rolesIn(people, id)).toEqual({ ann: 'owner' })
    await newUser(people, 'olga2', { email: 'olga@example.com' })
    expect(await close(people, 'ann')).toBe('last_owner')
  })
})
