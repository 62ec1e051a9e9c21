/** A platform with something to sell, and Opal who runs it: for tests of what an operator sets. */
import { afterAll } from 'bun:test'
import { applyCatalog } from '../../src/catalog/apply.ts'
import { startSimulator } from '../../src/demo/simulator/simulator.ts'
import { audit, auditOutcome } from '../../src/store/operator.ts'
import { usageHour } from '../../src/store/schema.ts'
import { newTeam, newUser } from '../helpers/people.ts'
import { startTestServer } from '../helpers/server.ts'

export const hourMs = 3_600_000
export const dayMs = 24 * hourMs

/** sim-chat is sold at 0.20 and 0.80, bought at 0.10 and 0.40, by one channel to a simulated provider. */
export async function openShop() {
  const simulator = startSimulator({ hostname: '127.0.0.1', port: 0, journal: 'off' })
  afterAll(() => simulator.stop())
  const { parts, server, store } = await startTestServer()
  const { catalog: book, sealingKey, clock } = parts
  const main = {
    ...{ id: 'main', provider: 'simulated', base_url: `${simulator.url}/v1`, allow_private: true },
    credential: 'sk-sim-1',
  }
  const model = {
    ...{ id: 'our/sim-chat', context_length: 8000, max_output: 1000 },
    channels: [{ channel: 'main', model: 'sim-fast' }],
    ...{ price: { input: '0.20', output: '0.80' }, buy_price: { input: '0.10', output: '0.40' } },
  }
  const apply = (file: object) =>
    applyCatalog({ store, book, sealingKey }, JSON.stringify(file), 'ann', clock.now())
  await apply({ channels: [main], models: [model] })
  await newUser(parts, 'opal', { adminRole: 'operator' })
  const opened = await parts.sessions.open('opal', { address: '127.0.0.1', agent: null })
  const cookie = opened.split(';')[0] ?? ''

  async function ask(method: string, path: string, body: unknown = {}) {
    const response = await fetch(`${server.url}/api/admin${path}`, {
      method,
      headers: { cookie, 'content-type': 'application/json' },
      ...(method !== 'GET' && { body: JSON.stringify(body) }),
    })
    // biome-ignore lint/suspicious/noExplicitAny: a test reads what came and compares it
    return { status: response.status, body: (await response.json()) as any }
  }
  const find = async (list: string, id: string) =>
    (await ask('GET', `/${list}`)).body.data.find((one: { id: string }) => one.id === id)
  /** What an account used of a model, so long ago. */
  async function use(account: string, agoMs: number, charged = 1000n, modelId = model.id) {
    const hour = Math.floor((clock.now() - agoMs) / hourMs) * hourMs
    await newTeam(parts, account, { [`${account}-owner`]: 'owner' }).catch(() => {})
    await store.write((db) => [
      db.insert(usageHour).values({
        ...{ accountId: account, hour, keyId: 'k', modelId, calls: 2, failures: 1 },
        ...{ promptTokens: 1, completionTokens: 1, charged, buyCost: 400n },
      }),
    ])
  }
  /** What the newest act changed. */
  async function lastChange() {
    let rows = await store.db.select().from(auditOutcome)
    // Written once the answer has gone.
    while (rows.length < (await store.db.select().from(audit)).length) {
      await Bun.sleep(5)
      rows = await store.db.select().from(auditOutcome)
    }
    const last = rows.sort((a, b) => (a.auditId < b.auditId ? 1 : -1))[0]
    return { ...last, text: `${last?.before} → ${last?.after}` }
  }
  return { parts, server, store, simulator, ask, find, use, apply, lastChange, model }
}
