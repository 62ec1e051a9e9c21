/** The playground pays like any call and is refused like one; its key is the account's own and nobody's secret. */
import { expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { permitAccount, requireInference } from '../../src/gateway/caller.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { createLimiter } from '../../src/gateway/limits.ts'
import { playgroundRoutes } from '../../src/gateway/playground-routes.ts'
import type { Key } from '../../src/key/key.ts'
import { openKeyRing } from '../../src/key/ring.ts'
import { playgroundHash } from '../../src/key/view.ts'
import { key as keyTable } from '../../src/store/schema.ts'
import { now, openTestSqlite } from '../helpers/database.ts'
import { addMember, openDashboard } from '../helpers/members.ts'
import { bodyLimitBytes, clock } from '../http/open.ts'
import { newPerson, newWorld, refusal, setState } from '../ledger/world.ts'

async function openPlayground() {
  const store = await openTestSqlite()
  const world = await newWorld(store)
  const account = await newPerson(world)
  await addMember(store, account, 'ann', 'owner')
  await addMember(store, account, 'eye', 'read-only')
  const keys = openKeyRing(store, { standard: { rpm: null, tpm: null, concurrent: null } }, clock)
  // Nothing is sold here: what gets as far as the model got past everything before it.
  const gateway = {
    ...{ keys, clock, limiter: createLimiter(), catalog: { current: { models: new Map() } } },
    settings: { bodyLimitBytes },
  } as unknown as Gateway
  const { ask } = openDashboard(store, (http, people) =>
    http.use(playgroundRoutes(people, gateway)),
  )
  const body = { model: 'm', messages: [{ role: 'user', content: 'Hello' }] }
  const code = async (who: string) =>
    (await ask(who, 'POST', `/api/accounts/${account}/playground`, body)).body.error.code
  const hidden = () =>
    store.db
      .select()
      .from(keyTable)
      .where(eq(keyTable.hash, playgroundHash(account)))
  return { world, account, keys, code, hidden }
}

test('two first prompts at once make one key', async () => {
  const { code, hidden } = await openPlayground()
  const codes = await Promise.all([code('ann'), code('ann')])
  expect(codes).toEqual(['model_not_found', 'model_not_found'])
  expect(await hidden()).toMatchObject([{ name: 'playground', state: 'active' }])
})

test('who may not make calls has no playground, and makes no key', async () => {
  const { code, hidden } = await openPlayground()
  expect(await code('eye')).toBe('role_not_allowed')
  expect(await code('nobody')).toBe('not_found')
  expect(await hidden()).toEqual([])
})

test('a suspended account is refused', async () => {
  const { world, account, keys, code } = await openPlayground()
  await code('ann')
  await setState(world, account, 'suspended')
  keys.forget()
  expect(await code('ann')).toBe('account_suspended')
})

test.each<[string, Partial<Key['account']>, string]>([
  ['in order', {}, 'granted'],
  ['suspended', { state: 'suspended' }, 'account_suspended'],
  ['closed', { state: 'closed' }, 'account_closed'],
  ['not confirmed (T4.2)', { verified: false }, 'email_unverified'],
  ['asked to accept changed terms, from now on (T2.2)', { termsFrom: now }, 'terms_not_accepted'],
  ['asked to accept them later', { termsFrom: now + 1 }, 'granted'],
])('an account that is %s: %j → %s', async (_, some, code) => {
  const account = { state: 'active', verified: true, termsFrom: null, ...some }
  const app = { clock: { now: () => now }, publicUrl: () => 'https://ai.example.com' } as Gateway
  const permit = async () => permitAccount(app, { account } as Key)
  expect(await refusal(permit())).toBe(code)
})

test.each([
  ['inference', 'granted'],
  ['management', 'management_key'],
] as const)('for a call, an %s key is %s', async (purpose, code) => {
  const require = async () => requireInference({ purpose } as Key)
  expect(await refusal(require())).toBe(code)
})
