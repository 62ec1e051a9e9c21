/** Invitations: for one address, once, for a week. */
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import type { Role } from '../../src/account/guard.ts'
import {
  acceptInvitation,
  inviteMember,
  listInvitations,
  readInvitation,
  revokeInvitation,
} from '../../src/account/invitation.ts'
import { user } from '../../src/store/people.ts'
import { account } from '../../src/store/schema.ts'
import type { Visitor } from '../../src/user/session.ts'
import { databases, openTestSqlite, type TestStore } from '../helpers/database.ts'
import { mailsTo, newTeam, newUser, openPeople, rolesIn } from '../helpers/people.ts'
import { refusal } from '../ledger/world.ts'

const dayMs = 86_400_000
const visitor = (userId: string, more: Partial<Visitor> = {}): Visitor => ({
  ...{ sessionId: '', userId, email: `${userId}@example.com`, name: userId, language: 'en' },
  ...{ verified: true, adminRole: null, recentAt: 0, ...more },
})

/** Acme of Ann and the admin Adam; Bob is a user elsewhere. */
async function acme(store: TestStore) {
  const people = await openPeople(store)
  const id = await newTeam(people, 'acme', { ann: 'owner', adam: 'admin' })
  await newUser(people, 'bob')
  const invite = (email = 'bob@example.com', role: Role = 'developer', by = 'ann') =>
    inviteMember(people, id, visitor(by), { email, role })
  /** Of all the links that Bob was mailed, the oldest first. */
  const tokens = async () =>
    (await mailsTo(people, 'bob', 'invitation')).map(
      (text) => /https:\/\/ai\.example\.com\/invitation\?token=(\w{43})/.exec(text)?.[1] ?? '',
    )
  const accept = (token: string, who = visitor('bob')) =>
    refusal(acceptInvitation(people, who, token))
  return { people, id, invite, tokens, accept }
}

describe.each(databases)('on %s', (_, open) => {
  test('an invitation is mailed, shown, accepted once of fifty at once, and is a membership then', async () => {
    const { people, id, invite, tokens, accept } = await acme(await open())
    await invite(' Bob@Example.com ')
    const [token = ''] = await tokens()
    expect(await readInvitation(people.store, token, people.clock.now())).toMatchObject({
      ...{ accountName: 'acme', inviter: 'ann' },
      invitation: { email: 'bob@example.com', role: 'developer' },
    })
    expect(await listInvitations(people.store, id, people.clock.now())).toMatchObject([
      { email: 'bob@example.com', role: 'developer', inviter: 'ann', expired: false },
    ])
    const ends = await Promise.all(Array.from({ length: 50 }, () => accept(token)))
    expect(Map.groupBy(ends, (end) => end).get('granted')).toHaveLength(1)
    expect(new Set(ends)).toEqual(new Set(['granted', 'invalid_link']))
    expect(await rolesIn(people, id)).toMatchObject({ bob: 'developer' })
    expect(people.forgotten()).toBe(1)
    expect(await listInvitations(people.store, id, people.clock.now())).toEqual([])
  })

  test('inviting again sends a new link and ends the old one', async () => {
    const { people, id, invite, tokens, accept } = await acme(await open())
    await invite()
    await invite('bob@example.com', 'billing')
    const [one = '', two = ''] = await tokens()
    const ends = [await accept(one), await accept(two)]
    // Mails of one moment are in no order.
    expect(ends.sort()).toEqual(['granted', 'invalid_link'])
    expect(await rolesIn(people, id)).toMatchObject({ bob: 'billing' })
  })

  test('the token is not in the database as it is', async () => {
    const { people, invite, tokens } = await acme(await open())
    await invite()
    const [token = ''] = await tokens()
    const { invitation } = await readInvitation(people.store, token, people.clock.now())
    expect(JSON.stringify(invitation)).not.toContain(token)
  })
})

const refusals: [string, (at: Awaited<ReturnType<typeof acme>>) => unknown, Visitor, string][] = [
  ['by another user', () => {}, visitor('adam'), 'invitation_for_other'],
  [
    'before her address is confirmed',
    () => {},
    visitor('bob', { verified: false }),
    'email_unverified',
  ],
  [
    'by who only says that it is hers',
    ({ people }) =>
      people.store.write((db) => [
        db.update(user).set({ emailVerifiedAt: null }).where(eq(user.id, 'bob')),
      ]),
    visitor('bob'),
    'invalid_link',
  ],
  ['after a week', ({ people }) => people.clock.move(7 * dayMs), visitor('bob'), 'invalid_link'],
  [
    'once revoked',
    async ({ people, id }) => {
      const [open] = await listInvitations(people.store, id, 0)
      await revokeInvitation(people.store, id, open?.id ?? '')
    },
    visitor('bob'),
    'invalid_link',
  ],
  [
    'once the account is closed',
    ({ people }) => people.store.write((db) => [db.update(account).set({ state: 'closed' })]),
    visitor('bob'),
    'invalid_link',
  ],
]
test.each(refusals)('an invitation is not accepted %s', async (_, change, who, code) => {
  const at = await acme(await openTestSqlite())
  await at.invite()
  const [token = ''] = await at.tokens()
  await change(at)
  expect(await at.accept(token, who)).toBe(code)
  expect(await rolesIn(at.people, at.id)).toEqual({ ann: 'owner', adam: 'admin' })
})

test.each<[string, Role, string, string]>([
  ['bob@example.com', 'owner', 'ann', 'granted'],
  ['bob@example.com', 'admin', 'adam', 'granted'],
  ['bob@example.com', 'owner', 'adam', 'role_not_allowed'],
  ['bob@example.com', 'read-only', 'bob', 'role_not_allowed'],
  ['adam@example.com', 'owner', 'ann', 'already_exists'],
  ['adam', 'owner', 'ann', 'invalid_email'],
])('%s is invited as %s by %s: %s', async (email, role, by, end) => {
  const { invite } = await acme(await openTestSqlite())
  expect(await refusal(invite(email, role, by))).toBe(end)
})

test('another account’s invitation is not found', async () => {
  const { people, invite } = await acme(await openTestSqlite())
  const other = await newTeam(people, 'other', { bob: 'owner' })
  const id = await invite('new@example.com')
  expect(await refusal(revokeInvitation(people.store, other, id))).toBe('not_found')
})
