/** A client that leaves, or does not read: upstream is cancelled, or waits; what was delivered is paid (wire.md §3, money.md §4). */
import { describe, expect, test } from 'bun:test'
import { connect } from 'node:net'
import { openWorld } from '../helpers/world.ts'

const world = await openWorld()
type Dialect = 'openai' | 'anthropic'
const channels = { openai: 'simulated', anthropic: 'simulated-anthropic' }

const sell = (name: string, model: string, dialect: Dialect) =>
  world.sell(`${dialect}/${name}`, { channels: [{ channel: channels[dialect], model }] })

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 5) {
    if (waited > 5_000) throw new Error('that never came to be')
    await Bun.sleep(5)
  }
}

/** A streamed call, as it goes over the wire. */
function requestOf({ key }: { key: string }, model: string): string {
  const messages = [{ role: 'user', content: 'Hello' }]
  const body = JSON.stringify({ model, stream: true, messages })
  return (
    `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\n` +
    `connection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  )
}

/** The journal's newest entry for a model. */
const entryOf = (model: string, dialect: Dialect) =>
  world.simulator.journal
    .entries()
    .findLast((entry) => entry.model === model && entry.dialect?.startsWith(dialect))

const unitsOf = async (id: string) => {
  const record = await world.generation(id)
  const units = Object.fromEntries(record.cost.map(({ unit, count }) => [unit, count]))
  return { record, units }
}

describe.each(['openai', 'anthropic'] as const)('with an upstream of the dialect %s', (dialect) => {
  test('leaving a stream cancels upstream and pays for input and what came', async () => {
    const upstream = 'sim-chat@tps=200,tokens=1000'
    const model = await sell('paced', upstream, dialect)
    const leaving = new AbortController()
    const response = await world.send({ model, stream: true }, { signal: leaving.signal })
    const reader = response.body!.getReader()
    let read = ''
    while (read.split('"content":" ').length < 12)
      read += new TextDecoder().decode((await reader.read()).value)
    leaving.abort()
    await until(() => entryOf(upstream, dialect)?.outcome === 'client-left')

    const { record, units } = await unitsOf(response.headers.get('x-generation-id')!)
    expect(record).toMatchObject({ outcome: 'client_left', status: 499, usage_source: 'counted' })
    expect(units.input).toBeGreaterThan(0)
    expect(units.output).toBeGreaterThanOrEqual(11)
    expect(units.output).toBeLessThanOrEqual(entryOf(upstream, dialect)!.delivered.output!)
    expect(record.charged_nano).toBe(String(150 * units.input! + 600 * units.output!))
  })

  test.each([true, false])(
    'leaving before anything came pays for the input alone: stream %p',
    async (stream) => {
      const upstream = `sim-chat@silence=60000,after=${Number(stream)}`
      const model = await sell(`silent-${stream}`, upstream, dialect)
      const { key, account } = await world.customer()
      const leaving = new AbortController()
      const asking = world
        .send({ model, stream }, { key, signal: leaving.signal })
        .catch(() => null)
      await until(() => entryOf(upstream, dialect) !== undefined)
      expect((await world.balance(account)).pending).toBeGreaterThan(0n)
      leaving.abort()
      expect(await asking).toBeNull()
      await until(() => entryOf(upstream, dialect)?.outcome === 'client-left')
      const id = entryOf(upstream, dialect)!.caller!
      const record = await world.generation(id, key)
      expect(record).toMatchObject({ outcome: 'client_left', tokens_completion: 0 })
      expect(record.tokens_prompt).toBeGreaterThan(0)
      expect((await world.balance(account)).pending).toBe(0n)
    },
  )
})

test('a client that does not read stops its upstream, and finds everything when it reads again', async () => {
  const tokens = 128_000
  const upstream = `sim-chat@tokens=${tokens}`
  const model = await sell('long', upstream, 'openai')
  const socket = connect(Number(new URL(world.url).port), '127.0.0.1')
  socket.write(requestOf(world, model))
  socket.pause()
  await until(() => (entryOf(upstream, 'openai')?.delivered.output ?? 0) > 0)
  let before = -1
  const given = () => entryOf(upstream, 'openai')!.delivered.output!
  while (given() !== before) {
    before = given()
    await Bun.sleep(300)
  }
  expect(given()).toBeLessThan(tokens)

  const received: Buffer[] = []
  for await (const bytes of socket) received.push(bytes)
  const text = Buffer.concat(received).toString()
  expect(text).toContain('data: [DONE]\n\n')
  expect(entryOf(upstream, 'openai')).toMatchObject({
    outcome: 'complete',
    delivered: { output: tokens },
  })
  const id = /x-generation-id: (\S+)/i.exec(text)![1]!
  expect((await unitsOf(id)).units.output).toBe(tokens)
}, 20_000)

test('a client that never reads is left after as long a silence as an upstream may have, and pays for what it was sent', async () => {
  const impatient = await openWorld({ KKAI_SILENCE_MS: '500' })
  const upstream = 'sim-chat@tokens=128000'
  const model = await impatient.sell('endless', {
    channels: [{ channel: 'simulated', model: upstream }],
  })
  const socket = connect(Number(new URL(impatient.url).port), '127.0.0.1')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.write(requestOf(impatient, model))
  socket.pause()
  const entry = () => impatient.simulator.journal.entries().find((one) => one.model === upstream)
  await until(() => entry()?.outcome === 'client-left')
  socket.resume()
  await closed
  const record = await impatient.generation(entry()!.caller!)
  expect(record).toMatchObject({ outcome: 'client_left', usage_source: 'counted' })
  expect(record.tokens_completion).toBeLessThanOrEqual(entry()!.delivered.output!)
  expect((await impatient.balance(impatient.account)).pending).toBe(0n)
}, 20_000)

test('nothing is held afterwards', async () => {
  expect((await world.balance(world.account)).pending).toBe(0n)
  expect(await world.verify()).toBe(true)
})
