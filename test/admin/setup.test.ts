/**
 * Olga sets a new platform up over its API: by a one-time address, then by her session, until a call has gone through. The
 * simulated provider is the one that would run beside her server; a real one is a loopback server that lists its models.
 */
import { afterAll, beforeEach, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { resumeSimulated } from '../../src/admin/first-provider.ts'
import { createFirstAdmin, dropOffers, offerSetup } from '../../src/admin/setup.ts'
import { setupRoutes } from '../../src/admin/setup-routes.ts'
import { openParts, startServer } from '../../src/app.ts'
import { silentLog } from '../../src/base/log.ts'
import { readSettings } from '../../src/config.ts'
import { simulatedBeside } from '../../src/demo/beside.ts'
import { currentDocuments, seedDocuments } from '../../src/legal/document.ts'
import { audit } from '../../src/store/operator.ts'
import { acceptance, member, setting, ticket, user } from '../../src/store/people.ts'
import { account, channel, key, transfer } from '../../src/store/schema.ts'
import { issueTicket } from '../../src/user/ticket.ts'
import { databases, newDirectory } from '../helpers/database.ts'
import { openPeople } from '../helpers/people.ts'
import { open } from '../http/open.ts'

const cleanups: (() => unknown)[] = []
afterAll(async () => {
  for (const clean of cleanups.reverse()) await clean()
})

/** A platform as it is after its first start. */
async function newPlatform() {
  const { config } = readSettings({ data: newDirectory(), listen: '127.0.0.1:0' }, {})
  let passed = 0
  const clock = { now: () => Date.now() + passed, elapsed: () => performance.now() }
  const parts = await openParts(config, silentLog, { clock })
  const server = await startServer(parts)
  const simulated = simulatedBeside()
  cleanups.push(async () => {
    await server.stop()
    await simulated.stop()
    await parts.close()
  })
  const { url } = open((http) => http.use(setupRoutes(parts, simulated)))
  let cookie = ''
  async function ask(method: string, path: string, body?: object) {
    const response = await fetch(`${url}/api/setup${path}`, {
      method,
      headers: { cookie, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what came and compares it
    return { status: response.status, body: (await response.json()) as any }
  }
  const documents = (await currentDocuments(parts.store, clock.now())).map(({ id }) => id)
  const olga = {
    ...{ email: 'Olga@Example.com', password: 'seven quiet foxes', name: 'Olga', adult: true },
    ...{ language: 'en' as const, documents },
  }
  const offer = async () => (await offerSetup(parts))?.replace('/setup?token=', '') ?? ''
  return {
    ...{ parts, simulated, ask, olga, offer },
    get: (path = '') => ask('GET', path),
    post: (path: string, body: object) => ask('POST', path, body),
    leave: () => {
      cookie = ''
    },
    signIn: async (userId: string) => {
      const from = { address: '127.0.0.1', agent: null }
      cookie = (await parts.sessions.open(userId, from)).split(';')[0] ?? ''
    },
    move: (ms: number) => {
      passed += ms
    },
    /** Past the first step. */
    begin: async () => ask('POST', '/admin', { token: await offer(), ...olga }),
  }
}
type Platform = Awaited<ReturnType<typeof newPlatform>>

let platform: Platform
beforeEach(async () => {
  platform = await newPlatform()
})

const brand = {
  ...{ platform: 'Acme AI', company: 'Acme Ltd', contact: 'law@acme.example' },
  ...{ jurisdiction: 'Japan', public_url: 'https://ai.acme.example/' },
}

test('from the address on the terminal to the first call, with a provider that is simulated', async () => {
  const { parts, get, post, olga, offer } = platform
  const token = await offer()
  const before = await get(`?token=${token}`)
  expect(before.body).toMatchObject({
    steps: { admin: false, brand: false, provider: false, prices: false, test: false },
    brand: { company: 'KKCompany', public_url: null },
  })
  expect(before.body.providers).toContainEqual({
    ...{ id: 'openai', base_url: 'https://api.openai.com/v1', needs_key: true },
  })
  expect((await post('/admin', { token, ...olga })).body).toEqual({ state: 'in' })
  expect((await post('/brand', brand)).status).toBe(200)
  expect(parts.publicUrl()).toBe('https://ai.acme.example')
  const connected = await post('/provider', { simulated: true })
  expect(connected.body.models).toContain('sim-chat')
  expect(connected.body.models.join()).not.toContain('demo/')
  expect((await get()).body).toMatchObject({ steps: { provider: true, prices: false } })
  expect((await post('/prices', {})).body.models).toContain('sim-chat')
  const call = await post('/test', { model: 'sim-chat' })
  expect(call.body).toMatchObject({ model: 'sim-chat', answer: expect.stringMatching(/./) })
  expect(Number(call.body.cost)).toBeGreaterThan(0)
  expect((await get()).body.steps).toEqual({
    ...{ admin: true, brand: true, provider: true, prices: true, test: true },
  })
  const [own] = await parts.store.db.select().from(account).where(eq(account.kind, 'person'))
  expect(own?.creditsPosted).toBe(1_000_000_000n)
  expect(own?.debitsPosted).toBe(BigInt(Math.round(call.body.cost * 1e9)))
})

describe('the first admin', () => {
  // T0.1, T2.1
  test('is an owner with an account, who accepted the documents that she was shown', async () => {
    const { parts, begin, olga } = platform
    await begin()
    const { db } = parts.store
    const [admin] = await db.select().from(user)
    expect(admin).toMatchObject({ email: 'olga@example.com', adminRole: 'owner', name: 'Olga' })
    expect(admin?.affirmedAt).not.toBeNull()
    const accepted = await db.select().from(acceptance)
    expect(accepted.map(({ documentId }) => documentId).sort()).toEqual([...olga.documents].sort())
    expect(await db.select().from(member)).toMatchObject([{ userId: admin?.id, role: 'owner' }])
  })

  test('is offered an address that is kept as a hash, for half an hour', async () => {
    const { parts, get, offer, move } = platform
    const token = await offer()
    expect(JSON.stringify(await parts.store.db.select().from(ticket))).not.toContain(token)
    move(30 * 60_000 - 1_000)
    expect((await get(`?token=${token}`)).status).toBe(200)
    move(1_000)
    expect((await get(`?token=${token}`)).body.error).toMatchObject({ code: 'invalid_link' })
  })

  test('has one address at a time: the next start prints another', async () => {
    const { get, offer } = platform
    const old = await offer()
    const token = await offer()
    expect((await get(`?token=${old}`)).body.error).toMatchObject({ code: 'invalid_link' })
    expect((await get(`?token=${token}`)).status).toBe(200)
  })

  test('is not offered any once there is an admin, nor made by an address from before', async () => {
    const { parts, post, begin, olga, leave } = platform
    await begin()
    leave()
    expect(await offerSetup(parts)).toBeNull()
    const { statement, secret } = issueTicket(
      { kind: 'setup', userId: null, lifeMs: 60_000 },
      parts.clock.now(),
    )
    await parts.store.write((db) => [dropOffers(db), statement(db)])
    const late = await post('/admin', { token: secret, ...olga, email: 'eve@example.com' })
    expect(late.body.error).toMatchObject({ code: 'invalid_link', param: 'token' })
    expect(await parts.store.db.select().from(user)).toHaveLength(1)
  })

  test.each([
    ['a wrong address', { token: 'x' }, 'invalid_link', 'token'],
    ['a short password', { password: 'short' }, 'weak_password', 'password'],
    ['an address that is none', { email: 'olga' }, 'invalid_email', 'email'],
    ['no word of her age', { adult: false }, 'not_affirmed', 'adult'],
    ['no documents', { documents: [] }, 'not_affirmed', 'documents'],
  ])('is not made with %s; she may try again', async (_, wrong, code, param) => {
    const { parts, post, olga, offer } = platform
    const token = await offer()
    const refused = await post('/admin', { token, ...olga, ...wrong })
    expect(refused.body.error).toMatchObject({ code, param })
    expect(await parts.store.db.select().from(user)).toEqual([])
    expect((await post('/admin', { token, ...olga })).status).toBe(200)
  })
})

describe.each(databases)('on %s', (_, openStore) => {
  test('of many who use the address at once, one becomes the admin', async () => {
    const people = await openPeople(await openStore())
    const { store, clock } = people
    clock.move(Date.UTC(2026, 5, 1) - clock.now())
    await seedDocuments(store, clock.now())
    const documents = (await currentDocuments(store, clock.now())).map(({ id }) => id)
    const token = (await offerSetup(people))?.replace('/setup?token=', '') ?? ''
    const from = { address: '127.0.0.1', agent: null }
    const olga = { password: 'seven quiet foxes', name: 'Olga', language: 'en' as const }
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) => {
        const admin = { ...olga, email: `olga${at}@example.com`, adult: true, documents }
        return createFirstAdmin(people, token, admin, from)
      }),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const made = await store.db.select().from(user)
    expect(made.map(({ adminRole }) => adminRole)).toEqual(['owner'])
  })
})

test('every step after the first is the admin’s alone, however good the address was', async () => {
  const { parts, ask, get, begin, offer, signIn, leave } = platform
  const token = await offer()
  await begin()
  await parts.store.write((db) => [
    db.insert(user).values({ id: 'ann', email: 'ann@example.com', createdAt: 0 }),
    db.insert(user).values({
      ...{ id: 'sue', email: 'sue@example.com', adminRole: 'support', createdAt: 0 },
    }),
  ])
  const steps = [
    ...[['/brand', brand] as const, ['/provider', { simulated: true }] as const],
    ...[['/prices', {}] as const, ['/test', {}] as const],
  ]
  leave()
  expect((await get(`?token=${token}`)).body.error.code).toBe('session_required')
  for (const [path, body] of steps) expect((await ask('POST', path, body)).status).toBe(401)
  for (const [other, code] of [
    ['ann', 'not_found'],
    ['sue', 'role_not_allowed'],
  ] as const) {
    await signIn(other)
    expect((await get(`?token=${token}`)).body.error.code).toBe('role_not_allowed')
    for (const [path, body] of steps)
      expect((await ask('POST', path, body)).body.error.code).toBe(code)
  }
  expect(await parts.store.db.select().from(setting)).toEqual([])
  expect(await parts.store.db.select().from(channel)).toEqual([])
})

test('each step is in the audit, with who took it, and the provider’s key is not', async () => {
  const { parts, post, begin } = platform
  await begin()
  await post('/brand', brand)
  await post('/provider', { provider: 'openai', api_key: 'a key of theirs', base_url: 'nowhere' })
  const rows = await parts.store.db.select().from(audit).orderBy(audit.id)
  expect(rows).toMatchObject([
    { act: 'POST /api/setup/brand', actorRole: 'owner', asked: expect.stringContaining('Acme') },
    { act: 'POST /api/setup/provider', asked: expect.not.stringContaining('a key of theirs') },
  ])
})

test('where mails lead and who gets the calls is changed by who has just logged in only', async () => {
  const { post, begin, move } = platform
  await begin()
  move(11 * 60_000)
  for (const [path, body] of [['/brand', brand] as const, ['/provider', {}] as const]) {
    expect((await post(path, body)).body.error.code).toBe('recent_login_required')
  }
})

test('a brand without a name is refused by the field, and nothing of it is kept', async () => {
  const { parts, post, begin } = platform
  await begin()
  const refused = await post('/brand', { ...brand, public_url: 'https://ai.acme.example/path' })
  expect(refused.body.error).toMatchObject({ code: 'invalid_request', param: 'public_url' })
  expect(parts.business.current.company).toBe('KKCompany')
})

describe('a real provider', () => {
  /** What it lists for the right key. */
  const listed = [{ id: 'gpt-4o-mini' }, { id: 'text-embedding-3-small' }, { id: 'acme-own' }]
  const host = Bun.serve({
    ...{ hostname: '127.0.0.1', port: 0 },
    fetch: ({ url, headers }) => {
      if (new URL(url).pathname !== '/v1/models') return new Response('<html>', { status: 200 })
      const known = [headers.get('authorization'), headers.get('x-api-key')]
      const right = known.includes('Bearer sk-right') || known.includes('sk-right')
      return right ? Response.json({ data: listed }) : Response.json({}, { status: 401 })
    },
  })
  afterAll(() => host.stop(true))
  const here = `http://127.0.0.1:${host.port}`
  const openai = {
    ...{ provider: 'openai', base_url: here, api_key: 'sk-right', allow_private: true },
  }

  test('is tried, then sold from with a markup on its public prices', async () => {
    const { parts, get, post, begin } = platform
    await begin()
    const connected = await post('/provider', openai)
    expect(connected.body).toEqual({
      ...{ models: ['gpt-4o-mini', 'text-embedding-3-small'], unlisted: ['acme-own'] },
    })
    const [row] = await parts.store.db.select().from(channel)
    expect(row?.baseUrl).toBe(`${here}/v1`)
    expect(JSON.stringify(row)).not.toContain('sk-right')
    expect((await get()).body.steps).toMatchObject({ provider: true, prices: false })
    const priced = await post('/prices', { markup: '20' })
    expect(priced.body.models).toEqual(['gpt-4o-mini', 'text-embedding-3-small'])
    const mini = parts.catalog.current.models.get('gpt-4o-mini')
    const rate = (side: 'buy' | 'sell', unit: string) =>
      mini?.[side][0]?.rates.find((one) => one.unit === unit)?.price ?? 0n
    for (const unit of ['input', 'output']) {
      expect(rate('buy', unit)).toBeGreaterThan(0n)
      expect(rate('sell', unit)).toBe((rate('buy', unit) * 120n) / 100n)
    }
  })

  test('sells a model that no list names at the price that is written', async () => {
    const { parts, post, begin } = platform
    await begin()
    await post('/provider', { ...openai, provider: 'openai-compatible' })
    const none = await post('/prices', { markup: '20' })
    expect(none.body.error).toMatchObject({ code: 'invalid_request', param: 'models' })
    const own = { id: 'acme-own', input: '1.00', output: '2.00', context_length: 8000 }
    expect((await post('/prices', { models: [own] })).body.models).toEqual(['acme-own'])
    expect(parts.catalog.current.models.get('acme-own')).toMatchObject({
      ...{ contextLength: 8000, routes: [{ upstreamModel: 'acme-own' }] },
    })
  })

  test('that speaks Anthropic’s dialect is asked in it', async () => {
    const { post, begin } = platform
    await begin()
    const { status, body } = await post('/provider', { ...openai, provider: 'anthropic' })
    expect({ status, unlisted: body.unlisted }).toEqual({
      ...{ status: 200, unlisted: listed.map(({ id }) => id) },
    })
  })

  test.each([
    ['one that is not known', { provider: 'acme' }, 'provider'],
    ['the simulated one by its name', { provider: 'simulated' }, 'provider'],
    ['no key', { api_key: null }, 'api_key'],
    ['a wrong key', { api_key: 'sk-wrong' }, 'api_key'],
    ['this machine, unless that is meant', { allow_private: false }, 'base_url'],
    ['what is no address', { base_url: 'acme' }, 'base_url'],
    ['an address without models', { base_url: `${here}/other` }, 'base_url'],
    ['an address where nothing is', { base_url: 'http://127.0.0.1:1' }, 'base_url'],
  ])('is refused for %s, and not kept', async (_, wrong, param) => {
    const { parts, post, begin } = platform
    await begin()
    const refused = await post('/provider', { ...openai, ...wrong })
    expect(refused.body.error).toMatchObject({ code: 'invalid_request', param })
    expect(await parts.store.db.select().from(channel)).toEqual([])
  })
})

describe('the first call', () => {
  test('leaves a key that no longer works, and one dollar for two calls', async () => {
    const { parts, post, begin } = platform
    await begin()
    await post('/provider', { simulated: true })
    await post('/prices', {})
    for (const _ of [1, 2]) expect((await post('/test', { model: 'sim-fast' })).status).toBe(200)
    const keys = await parts.store.db.select().from(key)
    expect(keys.map(({ state }) => state)).toEqual(['revoked', 'revoked'])
    const grants = parts.store.db.select().from(transfer).where(eq(transfer.code, 'grant'))
    expect((await grants).map(({ amount }) => amount)).toEqual([1_000_000_000n])
  })

  test('says why it could not be, and leaves no key behind', async () => {
    const { parts, post, begin } = platform
    await begin()
    expect((await post('/test', {})).body.error.code).toBe('model_not_found')
    await post('/provider', { simulated: true })
    await post('/prices', {})
    const refused = await post('/test', { model: 'gpt-none' })
    expect(refused.body.error).toMatchObject({ code: 'invalid_request', param: 'model' })
    expect(refused.body.error.message).toContain('does not exist')
    const keys = await parts.store.db.select().from(key)
    expect(keys.map(({ state }) => state)).toEqual(['revoked'])
  })
})

test('the simulated provider is there again after a restart, at its new address and the old prices', async () => {
  const { parts, post, begin, simulated } = platform
  const again = simulatedBeside()
  cleanups.push(() => again.stop())
  await resumeSimulated(parts, again)
  expect(await parts.store.db.select().from(channel)).toEqual([])
  await begin()
  await post('/provider', { simulated: true })
  await post('/prices', {})
  const before = parts.catalog.current.models.get('sim-chat')
  await simulated.stop()
  await resumeSimulated(parts, again)
  const after = parts.catalog.current.models.get('sim-chat')
  expect(after?.routes[0]?.channel.baseUrl).not.toBe(before?.routes[0]?.channel.baseUrl ?? '')
  expect(after?.sell).toEqual(before?.sell ?? [])
  expect((await post('/test', { model: 'sim-chat' })).status).toBe(200)
})
