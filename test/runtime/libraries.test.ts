/** What the libraries that are kept though nobody develops them further do, and what goes round it. */
import { describe, expect, test } from 'bun:test'
import { GitHub, Google, OAuth2Client } from 'arctic'
import { type Adapter, type DatabaseSession, Lucia } from 'lucia'

describe('Lucia', () => {
  const facts = { recentAt: 0, address: null, agent: null }
  function open() {
    const kept: DatabaseSession[] = []
    const adapter = { setSession: async (session: DatabaseSession) => void kept.push(session) }
    return { lucia: new Lucia(adapter as unknown as Adapter), kept }
  }

  test('stores the very id that the cookie holds', async () => {
    const { lucia, kept } = open()
    const session = await lucia.createSession('ann', facts)
    expect(kept.map(({ id }) => id)).toEqual([session.id])
  })

  test('takes an id of ours, so that a hash is stored', async () => {
    const { lucia, kept } = open()
    await lucia.createSession('ann', facts, { sessionId: 'hash' })
    expect(kept.map(({ id }) => id)).toEqual(['hash'])
  })
})

test('Bun’s own passwords are argon2id, and off the event loop', async () => {
  const hashing = Bun.password.hash('hunter2', {
    algorithm: 'argon2id',
    memoryCost: 19_456,
    timeCost: 2,
  })
  const first = await Promise.race([
    hashing,
    new Promise((resolve) => setImmediate(() => resolve('the loop'))),
  ])
  expect(first).toBe('the loop')
  const hash = await hashing
  expect(hash).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
  expect(await Bun.password.verify('hunter2', hash)).toBe(true)
})

describe('Arctic', () => {
  test('GitHub and Google are at fixed addresses', () => {
    const github = new GitHub('id', 'secret', 'https://ai.example.com/back')
    const google = new Google('id', 'secret', 'https://ai.example.com/back')
    expect(github.createAuthorizationURL('state', []).origin).toBe('https://github.com')
    expect(google.createAuthorizationURL('state', 'v'.repeat(43), []).origin).toBe(
      'https://accounts.google.com',
    )
  })

  test('its general client goes where it is told, so that a local server can be asked', () => {
    const client = new OAuth2Client('id', 'secret', 'https://ai.example.com/back')
    const url = client.createAuthorizationURL('http://127.0.0.1:1/authorize', 'state', ['openid'])
    expect([url.origin, url.searchParams.get('state')]).toEqual(['http://127.0.0.1:1', 'state'])
  })
})
