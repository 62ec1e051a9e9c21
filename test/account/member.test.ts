/** Who may change whom in an account, and that it keeps an owner whatever happens at once. */
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import type { Role } from '../../src/account/guard.ts'
import { inviteMember } from '../../src/account/invitation.ts'
import { changeRole, listMembers, removeMember } from '../../src/account/member.ts'
import { invitation } from '../../src/store/people.ts'
import { account } from '../../src/store/schema.ts'
import { databases, openTestSqlite } from '../helpers/database.ts'
import { newTeam, newUser, openPeople, rolesIn } from '../helpers/people.ts'
import { refusal } from '../ledger/world.ts'

const visitor = { userId: 'adam', name: 'adam', email: 'adam@example.com', language: 'en' } as const

describe.each(databases)('on %s', (_, open) => {
  test.each(['leave', 'be lowered', 'remove each other'])(
    'two owners who %s at once leave one',
    async (what) => {
      const people = await openPeople(await open())
      const id = await newTeam(people, 'acme', { ann: 'owner', olga: 'owner' })
      const act = (userId: string, actorId: string) => {
        const target = { accountId: id, userId, actorId }
        return refusal(
          what === 'be lowered'
            ? changeRole(people, target, 'admin')
            : removeMember(people, target),
        )
      }
      const others = { ann: 'olga', olga: 'ann' } as const
      const ends = await Promise.all(
        (['ann', 'olga'] as const).map((who) =>
          act(who, what === 'remove each other' ? others[who] : who),
        ),
      )
      expect(ends.filter((end) => end === 'granted')).toHaveLength(1)
      expect(Object.values(await rolesIn(people, id)).filter((role) => role === 'owner')).toEqual([
        'owner',
      ])
    },
  )

  test('who leaves loses the open invitations that she sent', async () => {
    const people = await openPeople(await open())
    const id = await newTeam(people, 'acme', { ann: 'owner', adam: 'admin' })
    await inviteMember(people, id, visitor, { email: 'new@example.com', role: 'admin' })
    const target = { accountId: id, userId: 'adam', actorId: 'adam' }
    await removeMember(people, target)
    expect(await refusal(removeMember(people, target))).toBe('not_found')
    const [row] = await people.store.db.select().from(invitation)
    expect(row?.state).toBe('revoked')
    expect(people.forgotten()).toBe(1)
  })

  test('members are listed with their names and roles, the first first', async () => {
    const people = await openPeople(await open())
    const id = await newTeam(people, 'acme', { ann: 'owner', bob: 'billing' })
    await newUser(people, 'eve')
    expect(await listMembers(people.store, id)).toMatchObject([
      { id: 'ann', name: 'ann', email: 'ann@example.com', role: 'owner' },
      { id: 'bob', role: 'billing' },
    ])
  })
})

/** In an account of two owners, two admins and one of each other role. */
async function change(actorId: string, userId: string, role: Role | null): Promise<string> {
  const people = await openPeople(await openTestSqlite())
  const accountId = await newTeam(people, 'acme', {
    ...{ ann: 'owner', olga: 'owner', adam: 'admin', abby: 'admin' },
    ...{ bill: 'billing', dev: 'developer', eye: 'read-only' },
  })
  const target = { accountId, userId, actorId }
  const work = role === null ? removeMember(people, target) : changeRole(people, target, role)
  return refusal(work)
}

test.each<[string, string, Role | null, string]>([
  ['ann', 'dev', 'owner', 'granted'],
  ['ann', 'olga', 'billing', 'granted'],
  ['ann', 'olga', null, 'granted'],
  ['ann', 'adam', null, 'granted'],
  ['ann', 'nobody', 'admin', 'not_found'],
  ['ann', 'nobody', null, 'not_found'],
  ['adam', 'dev', 'admin', 'granted'],
  ['adam', 'abby', 'read-only', 'granted'],
  ['adam', 'abby', null, 'granted'],
  ['adam', 'adam', 'owner', 'role_not_allowed'],
  ['adam', 'dev', 'owner', 'role_not_allowed'],
  ['adam', 'ann', 'admin', 'role_not_allowed'],
  ['adam', 'ann', null, 'role_not_allowed'],
  ['bill', 'dev', 'read-only', 'role_not_allowed'],
  ['dev', 'dev', 'admin', 'role_not_allowed'],
  ['dev', 'eye', null, 'role_not_allowed'],
  ['eye', 'eye', null, 'granted'],
  ['stranger', 'eye', null, 'role_not_allowed'],
])('%s makes %s %j: %s', async (actor, user, role, end) => {
  expect(await change(actor, user, role)).toBe(end)
})

test('the only owner can neither leave nor be lowered, and stays one', async () => {
  const people = await openPeople(await openTestSqlite())
  const accountId = await newTeam(people, 'acme', { ann: 'owner', adam: 'admin' })
  const target = { accountId, userId: 'ann', actorId: 'ann' }
  expect(await refusal(removeMember(people, target))).toBe('last_owner')
  expect(await refusal(changeRole(people, target, 'admin'))).toBe('last_owner')
  expect(await refusal(changeRole(people, target, 'owner'))).toBe('granted')
  expect(await rolesIn(people, accountId)).toEqual({ ann: 'owner', adam: 'admin' })
})

test('in a closed account nothing changes', async () => {
  const people = await openPeople(await openTestSqlite())
  const accountId = await newTeam(people, 'acme', { ann: 'owner', olga: 'owner' })
  await people.store.write((db) => [
    db.update(account).set({ state: 'closed' }).where(eq(account.id, accountId)),
  ])
  const target = { accountId, userId: 'olga', actorId: 'ann' }
  expect(await refusal(removeMember(people, target))).toBe('not_found')
})
