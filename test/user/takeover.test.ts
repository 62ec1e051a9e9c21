/** Whoever was in before: registered with another's address, or held her session. A new password leaves her nothing. */
import { describe, expect, test } from 'bun:test'
import { identity, passkey, recoveryCode, ticket } from '../../src/store/people.ts'
import { replaceCodes } from '../../src/user/factor.ts'
import { databases, now } from '../helpers/database.ts'
import { mailsTo, type TestPeople } from '../helpers/people.ts'
import { login, openSite, type Reply, refusal, type Site } from './site.ts'

async function newestToken(people: TestPeople, who: string, kind: string): Promise<string> {
  const text = (await mailsTo(people, who, kind)).at(-1)
  return /\?token=(\w+)/.exec(text ?? '')?.[1] ?? ''
}

/** Every way in but the password: an app, a code, a passkey, a log-in elsewhere. */
async function plantWaysIn({ store }: Site, userId: string): Promise<void> {
  const key = { id: 'hers', publicKey: 'k', counter: 0, name: 'Laptop' }
  const elsewhere = { provider: 'google', subject: '1', email: 'mallory@example.com' }
  await store.write((db) => [
    ...replaceCodes(db, userId, ['AAAAA-BBBBB']),
    db.insert(passkey).values({ ...key, userId, createdAt: now }),
    db.insert(identity).values({ ...elsewhere, userId, createdAt: now }),
  ])
}

async function waysIn({ store }: Site): Promise<number[]> {
  const tables = [passkey, recoveryCode, identity]
  return Promise.all(tables.map(async (one) => (await store.db.select().from(one)).length))
}

async function resetBy(site: Site, who: string): Promise<Reply> {
  const hers = site.browser({ address: '198.51.100.1' })
  const asked = { email: `${who}@example.com`, captcha: await site.captcha() }
  expect((await hers.ask('POST', '/api/reset', asked)).body).toEqual({ ok: true })
  const token = await newestToken(site.people, who, 'reset')
  return hers.ask('POST', '/api/reset/confirm', { token, password: 'her own password' })
}

describe.each(databases)('on %s', (_, open) => {
  test.each([
    ['who registered with the address that was never confirmed', null, [0, 0, 0]],
    ['her own ways in, once her address was confirmed', now, [1, 1, 1]],
  ])('a reset: %s', async (_, emailVerifiedAt, left) => {
    const site = await openSite(await open())
    const id = await site.user('ann', { emailVerifiedAt, totpSecret: 'x' })
    const before = await site.logIn('ann')
    await plantWaysIn(site, id)
    expect((await resetBy(site, 'ann')).body).toEqual({ ok: true })
    expect(await waysIn(site)).toEqual(left)
    expect(refusal(await before.ask('GET', '/api/me'))).toEqual([401, 'session_required', null])
    const old = await site.browser().ask('POST', '/api/login', login('ann'))
    expect(refusal(old)).toEqual([400, 'wrong_password', 'password'])
    const again = await site.browser().ask('POST', '/api/login', login('ann', 'her own password'))
    expect(again.body.state).toBe(left[0] === 0 ? 'in' : 'second')
  })

  test.each<[string, (site: Site) => Promise<unknown>]>([
    ['a reset', (site) => resetBy(site, 'ann')],
    [
      'a new password',
      async (site) => {
        const hers = await site.logIn('ann')
        await hers.ask('POST', '/api/me/password', { password: 'her own password' })
      },
    ],
  ])('%s voids the change of address that was begun in a stolen session', async (_, defend) => {
    const site = await openSite(await open())
    await site.user('ann')
    const thief = await site.logIn('ann')
    await thief.ask('POST', '/api/me/address', { email: 'mallory@example.com' })
    const token = await newestToken(site.people, 'mallory', 'change_address')
    expect(token).not.toBe('')
    await defend(site)
    expect(await site.store.db.select().from(ticket)).toEqual([])
    const confirmed = await thief.ask('POST', '/api/address/confirm', { token })
    expect(refusal(confirmed)).toEqual([400, 'invalid_link', 'token'])
    expect(refusal(await thief.ask('GET', '/api/me'))).toEqual([401, 'session_required', null])
  })
})
