/** Linking a log-in elsewhere to a user who is signed in, and removing it. */
import { expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { identity, user } from '../../src/store/people.ts'
import { openElsewhere } from '../helpers/identity-provider.ts'
import { mailsTo } from '../helpers/people.ts'
import { openWithElsewhere, placeOf, subject } from './journey.ts'
import { type Browser, minuteMs, refusal } from './site.ts'

const elsewhere = await openElsewhere('https://ai.example.com')
const open = () => openWithElsewhere(elsewhere)

async function openAsAnn() {
  const site = await open()
  await site.user('ann')
  const hers = await site.logIn('ann')
  const link = (browser = hers) => site.go(browser, 'oidc', '?link=1')
  const unlink = (id = 'oidc') => hers.ask('DELETE', `/api/me/identities/${id}`)
  return { ...site, hers, link, unlink }
}

test('a linked log-in lets her in from there too, and is told by mail', async () => {
  const site = await openAsAnn()
  expect(placeOf(await site.link())).toBe('/settings')
  expect((await site.hers.ask('GET', '/api/me')).body.identities).toEqual([
    { provider: 'oidc', email: 'Ann@Example.com' },
  ])
  const again = site.browser()
  expect(placeOf(await site.go(again, 'oidc'))).toBe('/login')
  expect((await again.ask('GET', '/api/me')).body.id).toBe('ann')
  expect(await mailsTo(site.people, 'ann', 'login_linked')).toHaveLength(1)
})

test('linking needs a recent log-in, in this browser and until the end', async () => {
  const site = await openAsAnn()
  const ask = (browser: Browser) => browser.ask('GET', '/api/oauth/oidc?link=1')
  expect(refusal(await ask(site.browser()))[1]).toBe('session_required')
  const back = await elsewhere.visit(await site.leave(site.hers, 'oidc', '?link=1'), subject)
  await site.hers.ask('POST', '/api/logout')
  expect(placeOf(await site.comeBack(site.hers, back))).toBe('/login?error=session_required')
  const hers = await site.logIn('ann')
  site.people.clock.move(11 * minuteMs)
  expect(refusal(await ask(hers))[1]).toBe('recent_login_required')
  expect(await site.store.db.select().from(identity)).toEqual([])
})

test('linking takes no one else’s log-in', async () => {
  const site = await openAsAnn()
  await site.link()
  await site.user('eve')
  const eve = await site.logIn('eve')
  expect(placeOf(await site.link(eve))).toBe('/login?error=already_exists')
  const rows = await site.store.db.select().from(identity)
  expect(rows.map(({ userId }) => userId)).toEqual(['ann'])
})

test('a link ends by her word, but never by losing the only way in', async () => {
  const site = await openAsAnn()
  await site.link()
  expect(refusal(await site.unlink('google'))).toEqual([404, 'not_found', null])
  const setPassword = (passwordHash: string | null) =>
    site.store.write((db) => [db.update(user).set({ passwordHash }).where(eq(user.id, 'ann'))])
  await setPassword(null)
  expect(refusal(await site.unlink())).toEqual([400, 'invalid_request', null])
  await setPassword('some')
  expect((await site.unlink()).body).toEqual({ ok: true })
  expect(await site.store.db.select().from(identity)).toEqual([])
  expect(await mailsTo(site.people, 'ann', 'login_unlinked')).toHaveLength(1)
})
