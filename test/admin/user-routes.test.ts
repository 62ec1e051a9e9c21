/** Users and admins as the operator changes them: only an owner touches an admin, and an owner always stays. */
import { describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { adminUserRoutes } from '../../src/admin/user-routes.ts'
import { passkey, recoveryCode, session, user } from '../../src/store/people.ts'
import { openAdmin } from '../helpers/admins.ts'
import { databases, now } from '../helpers/database.ts'
import { mailsTo, newTeam, newUser, openPeople } from '../helpers/people.ts'

const because = { reason: 'asked to' }

describe.each(databases)('on %s', async (_, open) => {
  const people = await openPeople(await open())
  const { store } = people
  await newTeam(people, 'acme', { ann: 'owner' })
  await newUser(people, 'una', { emailVerifiedAt: null })
  const { ask, refused, acts } = await openAdmin(people, (http) =>
    http.use(adminUserRoutes(people)),
  )
  const read = async (id: string) =>
    (await store.db.select().from(user).where(eq(user.id, id)))[0] ?? null
  const sessionsOf = async (id: string) =>
    (await store.db.select().from(session).where(eq(session.userId, id))).length
  const setFactor = (id: string) =>
    store.write((db) => [
      db.update(user).set({ totpSecret: 'x', totpConfirmedAt: now }).where(eq(user.id, id)),
      db.insert(recoveryCode).values({ id: `code-${id}`, userId: id }),
      db.insert(passkey).values({
        ...{ id: `pass-${id}`, userId: id, publicKey: 'k', counter: 0, name: 'n', createdAt: now },
      }),
    ])

  test('a user is found by address, name or id, and shown with how she logs in', async () => {
    await people.sessions.open('ann', { address: '192.0.2.1', agent: null })
    for (const q of ['ANN@exam', 'ann'])
      expect((await ask('auditor', 'GET', `/users?q=${q}`)).body.data).toMatchObject([
        { id: 'ann', verified: true, logged_in_at: expect.any(String) },
      ])
    const { body } = await ask('auditor', 'GET', '/users/ann')
    expect(body).toMatchObject({
      ...{ factors: [], sessions: 1, accounts: [{ id: 'acme', role: 'owner' }] },
      has_password: false,
    })
    expect(JSON.stringify(body)).not.toContain('hash')
    expect((await ask('auditor', 'GET', '/users/nobody')).status).toBe(404)
  })

  test('a suspended user is signed out and told why; reinstated she may log in again', async () => {
    await ask('support', 'POST', '/users/ann/suspend', because)
    expect([(await read('ann'))?.state, await sessionsOf('ann')]).toEqual(['suspended', 0])
    expect(await mailsTo(people, 'ann', 'user_suspended')).toEqual([
      expect.stringContaining('asked to'),
    ])
    await ask('support', 'POST', '/users/ann/reinstate', because)
    expect((await read('ann'))?.state).toBe('active')
    expect(await acts('POST /api/admin/users/:user/suspend')).toMatchObject([
      { subject: 'ann', before: '{"state":"active"}', after: '{"state":"suspended"}' },
    ])
  })

  test('who lost her second factor gets in by password again, and is told', async () => {
    await setFactor('ann')
    await people.sessions.open('ann', { address: '192.0.2.1', agent: null })
    await ask('support', 'POST', '/users/ann/reset-factor', because)
    expect((await ask('support', 'GET', '/users/ann')).body).toMatchObject({
      ...{ factors: [], sessions: 0 },
    })
    expect(await mailsTo(people, 'ann', 'second_factor_off')).toHaveLength(1)
    await ask('support', 'POST', '/users/ann/reset-mail')
    expect(await mailsTo(people, 'ann', 'reset')).toHaveLength(1)
  })

  test.each(['suspend', 'reset-factor', 'reset-mail'])(
    'no lesser role touches an admin: %s',
    async (act) => {
      if (act === 'reset-factor') await setFactor('auditor')
      for (const who of ['operator', 'support'])
        for (const target of ['owner', 'auditor'])
          expect(await refused(who, 'POST', `/users/${target}/${act}`, because)).toEqual([
            'role_not_allowed',
            null,
          ])
      expect(await refused('owner', 'POST', `/users/auditor/${act}`, because)).toEqual([
        'none',
        null,
      ])
      await ask('owner', 'POST', '/users/auditor/reinstate', because)
    },
  )

  test('roles are given by owners to who has proven her address, and end her sessions', async () => {
    await people.sessions.open('ann', { address: '192.0.2.1', agent: null })
    await ask('owner', 'PUT', '/admins/ann', { role: 'finance' })
    expect([(await read('ann'))?.adminRole, await sessionsOf('ann')]).toEqual(['finance', 0])
    const names = (await ask('auditor', 'GET', '/admins')).body.data.map(
      ({ id }: { id: string }) => id,
    )
    expect(names).toContain('ann')
    await ask('owner', 'PUT', '/admins/ann', { role: null })
    expect((await read('ann'))?.adminRole).toBeNull()
    const unproven = await refused('owner', 'PUT', '/admins/una', { role: 'owner' })
    expect(unproven).toEqual(['email_unverified', 'role'])
    expect(await refused('owner', 'PUT', '/admins/ann', { role: 'king' })).toEqual([
      'invalid_request',
      'role',
    ])
    expect((await read('una'))?.adminRole).toBeNull()
  })

  test('the last owner stays, also when two owners unmake one another at once', async () => {
    for (const body of [{ role: null }, { role: 'auditor' }])
      expect(await refused('owner', 'PUT', '/admins/owner', body)).toEqual(['last_owner', 'role'])
    expect((await refused('owner', 'POST', '/users/owner/suspend', because))[0]).toBe(
      'role_not_allowed',
    )
    await ask('owner', 'PUT', '/admins/ann', { role: 'owner' })
    await Promise.all([
      ask('owner', 'PUT', '/admins/ann', { role: null }),
      ask('ann', 'PUT', '/admins/owner', { role: null }),
    ])
    const owners = await store.db.select().from(user).where(eq(user.adminRole, 'owner'))
    expect(owners).toHaveLength(1)
    await store.write((db) => [
      db.update(user).set({ adminRole: 'owner' }).where(eq(user.id, 'owner')),
      db.update(user).set({ adminRole: null }).where(eq(user.id, 'ann')),
    ])
  })

  test('where admins need a second factor, who has none is told so, and nothing else', async () => {
    const on = { require_factor: true }
    expect(await refused('owner', 'PUT', '/admins', on)).toEqual(['admin_factor_required', null])
    await setFactor('owner')
    expect((await ask('owner', 'PUT', '/admins', on)).body).toEqual(on)
    for (const [method, path] of [
      ['GET', '/users'],
      ['POST', '/users/una/suspend'],
    ] as const)
      expect(await refused('support', method, path, because)).toEqual([
        'admin_factor_required',
        null,
      ])
    expect((await read('una'))?.state).toBe('active')
    await setFactor('support')
    expect((await ask('support', 'GET', '/users')).status).toBe(200)
    await ask('owner', 'PUT', '/admins', { require_factor: false })
    expect((await ask('finance', 'GET', '/users')).status).toBe(200)
  })
})
