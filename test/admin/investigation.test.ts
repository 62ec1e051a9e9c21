/** Investigations [T4.4]: within their scope and time only, seen by who may, never by the account, and gone with their end. */
import { describe, expect, test } from 'bun:test'
import { closeAccount } from '../../src/account/close.ts'
import { exportAccount } from '../../src/account/export.ts'
import { longestDays } from '../../src/admin/investigation.ts'
import { investigationRoutes } from '../../src/admin/investigation-routes.ts'
import { openBodies } from '../../src/gateway/body.ts'
import type { HoldInHand } from '../../src/gateway/hold.ts'
import { expire } from '../../src/jobs/expire.ts'
import type { Key } from '../../src/key/key.ts'
import { openKeyRing } from '../../src/key/ring.ts'
import { body } from '../../src/store/people.ts'
import { key } from '../../src/store/schema.ts'
import { openAdmin } from '../helpers/admins.ts'
import { databases, now } from '../helpers/database.ts'
import { newTeam, openPeople } from '../helpers/people.ts'
import { draft, movement, newHold, newWorld, settlement } from '../ledger/world.ts'

const dayMs = 86_400_000

describe.each(databases)('on %s', async (_, open) => {
  const people = await openPeople(await open())
  const { store, clock, config, ledger } = people
  const bodies = openBodies(store, people.sealingKey)
  await newWorld(store)
  const ids = ['main', 'side']
  await newTeam(people, 'acme', { ann: 'owner' })
  await newTeam(people, 'bobs', { bob: 'owner' })
  await store.write((db) =>
    [...ids, 'other'].map((id) =>
      db.insert(key).values({
        ...{ id, hash: id, suffix: 'aB12', name: id, createdAt: now },
        accountId: id === 'other' ? 'bobs' : 'acme',
      }),
    ),
  )
  for (const id of ['acme', 'bobs']) await ledger.transfer(movement(id, 'grant', 100n), now)
  const { ask, refused, acts } = await openAdmin(people, (http) =>
    http.use(investigationRoutes(people, bodies)),
  )

  /** What the server does with a call of that key; whether the account keeps bodies itself is `bodyDays`. */
  let calls = 0
  async function call(keyId: string, { bodyDays = 0, after = async () => {} } = {}) {
    const ring = openKeyRing(store, config.tiers, clock, () => false)
    const found = (await ring.findByHash(keyId)) as Key
    const id = `gen-${++calls}`
    const hold = newHold(found.accountId, 1n, { id, keyId })
    await ledger.open(hold, clock.now())
    await ledger.resolve(settlement(id, 0n, { draft }), clock.now())
    await after()
    const inHand = {
      ...{ id, call: { body: { ask: `secret ${id}` } } },
      key: { ...found, account: { ...found.account, bodyDays } },
      tally: { texts: { output: [`reply ${id}`], reasoning: [] } },
    }
    await bodies.keep(inHand as unknown as HoldInHand, clock.now())
    return id
  }
  const begin = async (more: object = {}): Promise<string> => {
    const ends_at = new Date(clock.now() + dayMs).toISOString()
    const asked = { account: 'acme', reason: 'reports of abuse', ends_at, ...more }
    return (await ask('operator', 'POST', '/investigations', asked)).body.id
  }
  const kept = async (id: string) =>
    ((await ask('owner', 'GET', `/investigations/${id}/requests`)).body.data ?? []).map(
      (one: { id: string }) => one.id,
    )
  const look = (id: string, gen: string) =>
    ask('owner', 'GET', `/investigations/${id}/requests/${gen}`)
  const end = (id: string) => ask('operator', 'POST', `/investigations/${id}/end`)

  test('what the account is asked and answers meanwhile is kept sealed, and only that', async () => {
    const before = await call('main')
    const id = await begin()
    const [first, second] = [await call('main'), await call('side')]
    await call('other')
    expect(await kept(id)).toEqual([second, first])
    expect((await look(id, first)).body).toEqual({
      ...{ request: { ask: `secret ${first}` }, reply: `reply ${first}` },
    })
    expect((await look(id, before)).status).toBe(404)
    for (const { sealed } of await store.db.select().from(body))
      expect(sealed).not.toContain('secret')

    await end(id)
    await call('main')
    expect(await store.db.select().from(body)).toEqual([])
    expect((await look(id, first)).status).toBe(404)
    expect((await end(id)).status).toBe(404)
  })

  test('of one key, no other key’s calls are kept', async () => {
    const id = await begin({ key: 'side' })
    await call('main')
    expect(await kept(id)).toEqual([])
    const mine = await call('side')
    expect(await kept(id)).toEqual([mine])
    await end(id)
  })

  test('the account sees nothing of it, and misses nothing that it keeps itself', async () => {
    const id = await begin()
    const hidden = await call('main')
    const own = await call('main', { bodyDays: 7 })
    expect(await bodies.read('acme', hidden, clock.now())).toBeNull()
    expect(await bodies.read('acme', own, clock.now())).toMatchObject({ reply: `reply ${own}` })
    const pieces = await Array.fromAsync(exportAccount(people, 'acme'))
    expect(pieces.join('')).not.toMatch(/ivg_|investigat|secret/)
    await end(id)
    expect(await bodies.read('acme', own, clock.now())).not.toBeNull()
  })

  test('a call that ends after the investigation did leaves nothing', async () => {
    const id = await begin()
    const late = await call('main', { after: async () => void (await end(id)) })
    expect(await bodies.readFor(id, late, clock.now())).toBeNull()
  })

  test('it ends by itself: from that moment nothing is kept or read, and the job deletes it', async () => {
    const id = await begin()
    const mine = await call('main')
    clock.move(dayMs)
    await call('main')
    expect((await look(id, mine)).status).toBe(404)
    const rows = async () =>
      (await store.db.select().from(body)).filter(({ investigationId }) => investigationId === id)
    expect(await rows()).toHaveLength(1)
    await expire.run(people as never, {} as never)
    expect(await rows()).toEqual([])
    const { data } = (await ask('auditor', 'GET', '/investigations?account=acme')).body
    expect(data[0]).toMatchObject({ id, state: 'ended', ended_by: 'time', key: null })
  })

  test('every look is in the audit log, with who looked at what', async () => {
    const id = await begin({ reason: 'second report' })
    const mine = await call('main')
    await look(id, mine)
    const opened = await acts('POST /api/admin/investigations')
    expect(opened.at(-1)).toMatchObject({ accountId: 'acme', reason: 'second report' })
    const looks = await acts('GET /api/admin/investigations/:investigation/requests/:gen')
    expect(looks.at(-1)).toMatchObject({
      ...{ actorId: 'owner', subject: `${id} ${mine}`, outcome: 'done' },
    })
    await end(id)
  })

  test('closing the account hides nothing: what was kept stays until the investigation ends', async () => {
    const id = await begin()
    const mine = await call('main')
    const by = { userId: 'ann', email: 'ann@example.com' }
    await closeAccount(people, 'acme', by, { name: 'acme', reason: '' })
    expect(await kept(id)).toEqual([mine])
    await end(id)
    expect((await store.db.select().from(body)).length).toBe(0)
  })

  const inDays = (days: number) => new Date(clock.now() + days * dayMs).toISOString()
  test.each([
    ['no reason', () => ({ reason: '  ' }), 'reason'],
    ['an end that is past', () => ({ ends_at: inDays(-1) }), 'ends_at'],
    ['an end too far', () => ({ ends_at: inDays(longestDays + 1) }), 'ends_at'],
    ['no end', () => ({ ends_at: 'soon' }), 'ends_at'],
    ['another account’s key', () => ({ key: 'main' }), 'key'],
    ['no such account', () => ({ account: 'nobody' }), null],
    ['a closed account', () => ({ account: 'acme' }), 'account'],
    ['a house account', () => ({ account: 'income' }), null],
  ])('none is opened with %s', async (_, wrong, param) => {
    const asked = { account: 'bobs', reason: 'r', ends_at: inDays(1), ...wrong() }
    const [code, field] = await refused('operator', 'POST', '/investigations', asked)
    expect(['invalid_request', 'not_found', 'account_closed']).toContain(code ?? '')
    expect(field).toBe(param)
    const { data } = (await ask('auditor', 'GET', '/investigations')).body
    expect(data.filter(({ state }: { state: string }) => state === 'open')).toEqual([])
  })
})
