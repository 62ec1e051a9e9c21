/** Accounts: one to an address, suspended and reinstated with a reason. */
import { describe, expect, test } from 'bun:test'
import {
  createAccount,
  readAccount,
  reinstateAccount,
  suspendAccount,
} from '../../src/account/account.ts'
import { normaliseEmail } from '../../src/base/email.ts'
import { account } from '../../src/store/schema.ts'
import { databases, now } from '../helpers/database.ts'
import { mailsTo, newTeam, openPeople } from '../helpers/people.ts'

test.each([
  ['ann@example.com', 'ann@example.com'],
  [' Ann@EXAMPLE.com ', 'ann@example.com'],
  ['rene\u0301@example.com', 'ren\u00e9@example.com'],
  ['a+b@sub.example.co.uk', 'a+b@sub.example.co.uk'],
])('%j is kept as %j', (given, kept) => {
  expect(normaliseEmail(given)).toBe(kept)
})

test.each([
  '',
  'ann',
  'ann@',
  '@example.com',
  'ann@example',
  'a b@example.com',
  'a@b@c.com',
  'ann@.com',
  'ann@x..com',
  '<ann@example.com>',
  `${'a'.repeat(250)}@x.io`,
  'ann@example.com\nbcc: x@y.z',
])('%j is no address', (given) => {
  expect(() => normaliseEmail(given)).toThrow(expect.objectContaining({ param: 'email' }))
})

describe.each(databases)('on %s', (_, open) => {
  test('an address has one account, however it is written and however many ask at once', async () => {
    const store = await open()
    const emails = ['ann@example.com', 'ANN@example.com', ' ann@Example.com']
    const made = await Promise.allSettled(
      emails.map((email) => createAccount(store, { email, tier: 'operator' }, now)),
    )
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const refused = made.flatMap((one) => (one.status === 'rejected' ? [one.reason.code] : []))
    expect(refused).toEqual(['already_exists', 'already_exists'])
  })

  test('suspending and reinstating keep their reason and tell the owners (T8.2)', async () => {
    const people = await openPeople(await open())
    const id = await newTeam(people, 'acme', { ann: 'owner', bob: 'admin' })
    await suspendAccount(people, id, ' chargeback ')
    expect(await readAccount(people.store, id)).toMatchObject({
      state: 'suspended',
      stateReason: 'chargeback',
    })
    await reinstateAccount(people, id, 'settled')
    expect(await readAccount(people.store, id)).toMatchObject({
      state: 'active',
      stateReason: 'settled',
    })
    expect(await mailsTo(people, 'ann', 'account_suspended')).toEqual([
      expect.stringContaining('chargeback'),
    ])
    expect(await mailsTo(people, 'ann', 'account_reinstated')).toHaveLength(1)
    expect(await mailsTo(people, 'bob', 'account_suspended')).toEqual([])
    expect(people.forgotten()).toBe(2)
  })

  test.each([
    ['one that is not there', 'acc_none', 'why', 'not_found'],
    ['the operator’s own', 'income', 'why', 'not_found'],
    ['a closed one', 'gone', 'why', 'not_found'],
    ['one without a reason', 'gone', '  ', 'invalid_request'],
  ])('%s is not reinstated', async (_, id, reason, code) => {
    const people = await openPeople(await open())
    const gone = { id: 'gone', kind: 'person', state: 'closed', createdAt: now } as const
    await people.store.write((db) => [db.insert(account).values(gone)])
    await expect(reinstateAccount(people, id, reason)).rejects.toMatchObject({ code })
  })
})
