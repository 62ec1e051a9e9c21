/** Silence of an upstream: the status waits, then comments keep the client's connection, and errors go in-band (wire.md §3). */
import { expect, test } from 'bun:test'
import { openWorld } from '../helpers/world.ts'

const usual = await openWorld()
const brief = await openWorld({
  ...{ KKAI_KEEP_ALIVE_AFTER_MS: '200', KKAI_KEEP_ALIVE_MS: '100' },
  ...{ KKAI_FIRST_BYTE_MS: '3500', KKAI_SILENCE_MS: '3500' },
})
const sell = (upstream: string) => {
  const id = upstream.replace(/[@=,]/g, '-')
  const channels = ['simulated', 'simulated-anthropic'].map((channel) => ({
    channel,
    model: upstream,
  }))
  return Promise.all(
    channels.map((route, at) => brief.sell(['', 'anthropic/'][at] + id, { channels: [route] })),
  )
}
const late = await sell('sim-chat@silence=2500')
const hesitant = await sell('sim-chat@tps=0.4,tokens=2')
const lateAndBroken = await sell('demo/broken-stream@silence=2500,after=0')
const lateAndWhole = await sell('sim-fast@silence=2500')

// The catalogue of the executable as it is delivered: real time, 14 s of it.
test.concurrent.each(['demo/silent', 'anthropic/demo/silent'])(
  '14 s without a byte are survived: %s',
  async (model) => {
    const startedAt = performance.now()
    const reply = await usual.stream({ model })
    expect(performance.now() - startedAt).toBeGreaterThan(13_900)
    expect(reply).toMatchObject({
      status: 200,
      comments: 0,
      finish: 'stop',
      done: true,
      error: null,
    })
  },
  30_000,
)

test.concurrent('… and for a whole reply too, which no comment can keep', async () => {
  expect((await usual.ask({ model: 'demo/silent' })).status).toBe(200)
}, 30_000)

test.concurrent.each(late)(
  'before the first output comments come, then the answer: %s',
  async (model) => {
    const reply = await brief.stream({ model })
    expect(reply.raw).toStartWith(': keep-alive\n\n')
    expect(reply).toMatchObject({ status: 200, finish: 'stop', done: true, error: null })
  },
)

test.concurrent.each(hesitant)('between outputs comments come: %s', async (model) => {
  const reply = await brief.stream({ model })
  expect(reply).toMatchObject({ finish: 'stop', done: true, error: null })
  const parts = reply.raw.split('\n\n')
  const comment = parts.indexOf(': keep-alive')
  expect(comment).toBeGreaterThan(parts.findIndex((part) => part.includes('"content":"You')))
  expect(comment).toBeLessThan(parts.findIndex((part) => part.includes('"finish_reason":"stop"')))
})

test.concurrent.each([
  ...lateAndBroken.map((model) => [model, 'upstream_error']),
  ['demo/timeout', 'timeout'],
  ['anthropic/demo/timeout', 'timeout'],
])(
  'once the status is out, an error is told in-band and costs nothing: %s',
  async (model, code) => {
    const reply = await brief.stream({ model })
    expect(reply).toMatchObject({ status: 200, text: '', error: { code }, done: true })
    expect(reply.comments).toBeGreaterThan(0)
    expect(reply.chunks).toHaveLength(1)
    expect(await brief.generation(reply.id)).toMatchObject({ outcome: 'failed', charged_nano: '0' })
  },
)

test.concurrent.each(lateAndWhole)('a whole reply waits in silence: %s', async (model) => {
  const { status, text } = await brief.ask({ model })
  expect([status, text[0]]).toEqual([200, '{'])
})
