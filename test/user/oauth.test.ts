/** Logging in elsewhere, with a real OpenID provider and something like GitHub: who comes back, and who only says so. */
import { describe, expect, test } from 'bun:test'
import { acceptance, identity, session, ticket, user } from '../../src/store/people.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { openElsewhere } from '../helpers/identity-provider.ts'
import { ann, openWithElsewhere, paramOf, placeOf, subject } from './journey.ts'
import { type Browser, minuteMs, openSite, refusal } from './site.ts'

const elsewhere = await openElsewhere('https://ai.example.com')
const open = () => openWithElsewhere(elsewhere)

const isIn = (browser: Browser) => browser.cookies.has('__Host-kkai')
const signedIn = async (browser: Browser) => (await browser.ask('GET', '/api/me')).status === 200

describe.each(['google', 'oidc', 'github'])('by %s', (id) => {
  test('a newcomer affirms and accepts first, and is known from then on', async () => {
    const site = await open()
    const hers = site.browser()
    const arrived = await site.go(hers, id)
    expect(placeOf(arrived)).toStartWith('/register?ticket=')
    expect(isIn(hers)).toBe(false)
    const ticketOf = paramOf(arrived, 'ticket')
    const begun = await hers.ask('GET', `/api/register/oauth?ticket=${ticketOf}`)
    expect(begun.body).toEqual({ email: 'ann@example.com', name: 'Ann', provider: id })
    const without = await site.affirm(hers, ticketOf, { adult: false })
    expect(refusal(without)).toEqual([400, 'not_affirmed', 'adult'])
    expect(await site.store.db.select().from(user)).toEqual([])

    expect((await site.affirm(hers, ticketOf)).body).toEqual({ state: 'in' })
    expect(await signedIn(hers)).toBe(true)
    const [row] = await site.store.db.select().from(user)
    const now = site.people.clock.now()
    const facts = { email: 'ann@example.com', passwordHash: null, emailVerifiedAt: now }
    expect(row).toMatchObject({ ...facts, affirmedAt: now })
    const [known] = await site.store.db.select().from(identity)
    expect(known).toMatchObject({ provider: id, subject, userId: row?.id })
    expect(await site.store.db.select().from(acceptance)).toHaveLength(3)
    expect(refusal(await site.affirm(site.browser(), ticketOf))[1]).toBe('invalid_link')

    // Known by the subject, whatever her address is now.
    elsewhere.persons.set(subject, { ...ann, email: 'moved@example.com' })
    const later = site.browser()
    expect(placeOf(await site.go(later, id, '?next=/keys'))).toBe('/keys')
    expect(await signedIn(later)).toBe(true)
    expect(await site.store.db.select().from(user)).toHaveLength(1)
  })

  test('PKCE, state and nonce go along, and what is kept here of them is no secret of the browser', async () => {
    const site = await open()
    const hers = site.browser()
    const there = new URL(await site.leave(hers, id)).searchParams
    expect(there.get('code_challenge_method')).toBe('S256')
    expect(there.get('code_challenge')).toMatch(/^[\w-]{43}$/)
    expect([there.get('state'), there.get('nonce')]).toEqual([
      expect.stringMatching(/^\w{43}$/),
      expect.stringMatching(/^\w{43}$/),
    ])
    expect(there.get('redirect_uri')).toBe(`https://ai.example.com/api/oauth/${id}/callback`)
    const kept = JSON.stringify(await site.store.db.select().from(ticket))
    expect(kept).not.toContain(there.get('state') ?? '')
    expect(kept).not.toContain(hers.cookies.get('__Host-kkai-oauth') ?? '')
  })

  test('an unverified address is no one’s', async () => {
    const site = await open()
    const secondary = 'second@example.com'
    elsewhere.persons.set(subject, { ...ann, email_verified: false, secondary })
    const reply = await site.go(site.browser(), id)
    expect(placeOf(reply)).toBe(`/login?error=email_unverified&provider=${id}`)
    expect(await site.store.db.select().from(identity)).toEqual([])
  })

  test('who registered with a victim’s address first does not get her in', async () => {
    const site = await open()
    await site.user('ann', { emailVerifiedAt: null })
    const victim = site.browser()
    expect(placeOf(await site.go(victim, id))).toBe(`/login?error=link_needed&provider=${id}`)
    expect(isIn(victim)).toBe(false)
    expect(await site.store.db.select().from(identity)).toEqual([])
  })

  test('a suspended user stays out', async () => {
    const site = await open()
    const hers = await site.settle(id)
    await site.store.write((db) => [db.update(user).set({ state: 'suspended' })])
    expect(await signedIn(hers)).toBe(false)
    const again = site.browser()
    expect(placeOf(await site.go(again, id))).toBe(`/login?error=user_suspended&provider=${id}`)
    expect(isIn(again)).toBe(false)
  })

  test('a second factor is asked for', async () => {
    const site = await open()
    await site.settle(id)
    await site.store.write((db) => [db.update(user).set({ totpConfirmedAt: 1 })])
    const again = site.browser()
    const place = placeOf(await site.go(again, id, '?next=/keys'))
    expect(place).toMatch(/^\/login\?ticket=\w{43}&methods=totp&next=%2Fkeys$/)
    expect(isIn(again)).toBe(false)
  })

  test('a code counts once, and only for the journey that it belongs to', async () => {
    const site = await open()
    await site.settle(id)
    const hers = site.browser()
    const first = await elsewhere.visit(await site.leave(hers, id), subject)
    await site.comeBack(hers, first)
    const thief = site.browser()
    const second = await elsewhere.visit(await site.leave(thief, id), '666')
    second.searchParams.set('code', first.searchParams.get('code') ?? '')
    expect(placeOf(await site.comeBack(thief, second))).toBe('/login?error=login_elsewhere_failed')

    const unused = await elsewhere.visit(await site.leave(hers, id), subject)
    const third = await elsewhere.visit(await site.leave(thief, id), '666')
    third.searchParams.set('code', unused.searchParams.get('code') ?? '')
    expect(placeOf(await site.comeBack(thief, third))).toBe('/login?error=login_elsewhere_failed')
    expect(isIn(thief)).toBe(false)
  })
})

describe('the state', () => {
  async function openOnTheWay() {
    const site = await open()
    await site.settle('oidc')
    await site.store.write((db) => [db.delete(session)])
    const hers = site.browser()
    const back = await elsewhere.visit(await site.leave(hers, 'oidc'), subject)
    const failed = async (browser: Browser, url = back) => {
      const place = placeOf(await site.comeBack(browser, url))
      expect(await site.store.db.select().from(session)).toEqual([])
      return place
    }
    return { ...site, hers, back, failed }
  }

  test.each(['', 'x'.repeat(43), null])('%j leads nowhere', async (state) => {
    const { back, hers, failed } = await openOnTheWay()
    if (state === null) back.searchParams.delete('state')
    else back.searchParams.set('state', state)
    expect(await failed(hers)).toBe('/login?error=invalid_link')
  })

  test('of another browser leads nowhere', async () => {
    const { browser, leave, failed } = await openOnTheWay()
    expect(await failed(browser())).toBe('/login?error=login_elsewhere_failed')
    const other = browser()
    await leave(other, 'oidc')
    expect(await failed(other)).toBe('/login?error=login_elsewhere_failed')
  })

  test('of another provider leads nowhere', async () => {
    const { back, hers, failed } = await openOnTheWay()
    const there = new URL(back.href.replace('/oidc/', '/google/'))
    expect(await failed(hers, there)).toBe('/login?error=login_elsewhere_failed')
  })

  test('leads nowhere after ten minutes', async () => {
    const { people, hers, failed } = await openOnTheWay()
    people.clock.move(10 * minuteMs)
    expect(await failed(hers)).toBe('/login?error=invalid_link')
  })

  test('counts once', async () => {
    const { back, hers, comeBack, store, failed } = await openOnTheWay()
    expect(placeOf(await comeBack(hers, back))).toBe('/login')
    await store.write((db) => [db.delete(session)])
    expect(await failed(hers)).toBe('/login?error=invalid_link')
  })

  test('of who did not agree there leads nowhere', async () => {
    const { back, hers, failed } = await openOnTheWay()
    back.searchParams.delete('code')
    back.searchParams.set('error', 'access_denied')
    expect(await failed(hers)).toBe('/login?error=login_elsewhere_failed')
  })
})

test('an id token of another log-in is not believed', async () => {
  const site = await open()
  const hers = site.browser()
  const there = new URL(await site.leave(hers, 'oidc'))
  there.searchParams.set('nonce', 'of-another')
  const reply = await site.comeBack(hers, await elsewhere.visit(there.href, subject))
  expect(placeOf(reply)).toBe('/login?error=login_elsewhere_failed')
})

test.each([
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  'https://evil.example',
  'javascript:alert(1)',
  '/%09/evil.example\t',
  '/a\\b',
  '/\r\nset-cookie: a=b',
  '',
])('a log-in does not lead on to %j', async (next) => {
  const site = await open()
  await site.settle('oidc')
  const reply = await site.go(site.browser(), 'oidc', `?next=${encodeURIComponent(next)}`)
  expect(placeOf(reply)).toBe('/login')
})

test('a provider that is not set up does not exist', async () => {
  const site = await openSite(await openTestSqlite())
  expect(refusal(await site.browser().ask('GET', '/api/oauth/google'))[1]).toBe('not_found')
})

test('a provider that does not answer leads back to the log-in', async () => {
  const gone = { oidc_issuer: 'http://127.0.0.1:9', oidc_client_id: 'a', oidc_client_secret: 'b' }
  const site = await openSite(await openTestSqlite(), gone)
  const reply = await site.browser().ask('GET', '/api/oauth/oidc')
  expect(placeOf(reply)).toBe('/login?error=login_elsewhere_failed')
})

test('where registration is closed a newcomer does not get in', async () => {
  const site = await open()
  const hers = site.browser()
  const ticketOf = paramOf(await site.go(hers, 'oidc'), 'ticket')
  await site.people.business.change({ openRegistration: false }, 'usr_1', 1)
  expect(refusal(await site.affirm(hers, ticketOf))).toEqual([404, 'not_found', null])
})
