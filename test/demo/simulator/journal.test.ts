/** The journal says what was really handed over, however an answer ends. */
import { describe, expect, test } from 'bun:test'
import { Journal } from '../../../src/demo/simulator/journal.ts'
import { startSimulator } from '../../../src/demo/simulator/simulator.ts'
import { ask, credentials, lastEntry, readStream, simulator } from './ask.ts'

const dialects = ['openai-chat', 'anthropic-messages'] as const
const tokensIn = (frames: { data: string }[]) =>
  frames.filter(({ data }) => /"content":"[^"]|"text_delta"/.test(data)).length

describe.each(dialects)('In %s', (dialect) => {
  test('a whole answer is complete, under both ids', async () => {
    const headers = { ...credentials[dialect], 'x-request-id': 'gen-1' }
    const response = await ask(dialect, { model: 'sim-chat@tokens=9' }, { headers })
    const { id } = (await response.json()) as { id: string }
    expect(await lastEntry()).toMatchObject({
      id,
      caller: 'gen-1',
      dialect,
      model: 'sim-chat@tokens=9',
      stream: false,
      body: { model: 'sim-chat@tokens=9' },
      status: 200,
      frames: 1,
      usage: { completion: 9, cached: 0, cache_write: 0, reasoning: 0 },
      delivered: { output: 9 },
      outcome: 'complete',
      cancelledAt: null,
    })
  })

  test('a stream that is cut is counted up to the cut', async () => {
    const { frames, broke } = await readStream(
      await ask(dialect, { model: 'demo/broken-stream@after=7', stream: true }),
    )
    expect(broke).toBe(true)
    const entry = await lastEntry()
    expect(entry.outcome).toBe('cut')
    expect(entry.delivered.output).toBe(7)
    expect(entry.frames).toBe(frames.length)
    expect(tokensIn(frames)).toBe(7)
  })

  test('a stream that is reset at any byte is counted by its whole frames', async () => {
    for (let byte = 1; byte < 1600; byte += 67) {
      const { frames } = await readStream(
        await ask(dialect, { model: `demo/broken-stream@after=99,byte=${byte}`, stream: true }),
      )
      const entry = await lastEntry()
      expect(entry.outcome).toBe('cut')
      expect(entry.frames).toBe(frames.length)
      expect(entry.delivered.output ?? 0).toBe(tokensIn(frames))
    }
  })

  test('a client that leaves mid-stream is noticed, and no more is handed over', async () => {
    const leaving = new AbortController()
    const fields = { model: 'sim-chat@tps=100,tokens=1000', stream: true }
    const response = await ask(dialect, fields, { signal: leaving.signal })
    const reader = response.body!.getReader()
    await reader.read()
    await reader.read()
    leaving.abort()
    const entry = await lastEntry()
    expect(entry.outcome).toBe('client-left')
    expect(entry.cancelledAt).toBeGreaterThanOrEqual(entry.startedAt)
    expect(entry.delivered.output).toBeLessThan(100)
    const then = { ...entry.delivered }
    await Bun.sleep(30)
    expect(entry.delivered).toEqual(then)
  })

  test.each(['demo/timeout', 'sim-chat@silence=60000', 'sim-chat@ttft=60000'])(
    'a client that leaves before %s answers is noticed',
    async (model) => {
      const leaving = new AbortController()
      const answer = ask(dialect, { model }, { signal: leaving.signal })
      await Bun.sleep(20)
      leaving.abort()
      await answer.catch(() => null)
      expect(await lastEntry()).toMatchObject({
        outcome: 'client-left',
        delivered: {},
        usage: null,
      })
    },
  )
})

test('A reader that stops reading stops the stream', async () => {
  const response = await ask('openai-chat', { model: 'sim-chat@tokens=100000', stream: true })
  await Bun.sleep(200)
  const [entry] = simulator.journal.entries().slice(-1)
  expect(entry!.outcome).toBe('open')
  const then = entry!.frames
  await Bun.sleep(50)
  expect(entry!.frames).toBe(then)
  await response.body!.cancel()
  expect((await lastEntry()).outcome).toBe('client-left')
})

test('A token rate is kept: four tokens at 50 a second take at least 60 ms', async () => {
  const startedAt = performance.now()
  await readStream(await ask('openai-chat', { model: 'sim-chat@tokens=4,tps=50', stream: true }))
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(59)
})

test('A followed redirect is seen, with what it carried', async () => {
  await ask('anthropic-messages', { model: 'demo/redirect' }, { redirect: 'follow' })
  expect(await lastEntry()).toMatchObject({ model: '/stolen', status: 404, outcome: 'failed' })
})

describe('Over HTTP', () => {
  test('the journal is read in pages, summed and cleared', async () => {
    const own = startSimulator({ hostname: '127.0.0.1', port: 0 })
    const get = async (path: string) => (await fetch(own.url + path)).json() as Promise<never>
    const send = (model: string) =>
      fetch(`${own.url}/v1/chat/completions`, {
        method: 'POST',
        headers: credentials['openai-chat'],
        body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hi' }] }),
      })
    for (const model of ['sim-fast', 'sim-fast', 'demo/500']) await (await send(model)).text()

    const { requests } = (await get('/journal?since=1&limit=1')) as { requests: { seq: number }[] }
    expect(requests.map((entry) => entry.seq)).toEqual([2])
    expect(await get('/journal/totals')).toEqual({
      models: {
        'sim-fast': {
          requests: 2,
          outcomes: { complete: 2 },
          delivered: { input: 10, output: 16 },
          reported: {
            prompt: 10,
            input: 10,
            completion: 16,
            cached: 0,
            cache_write: 0,
            cache_write_1h: 0,
            reasoning: 0,
          },
        },
        'demo/500': { requests: 1, outcomes: { failed: 1 }, delivered: {}, reported: {} },
      },
    } as never)
    await fetch(`${own.url}/journal`, { method: 'DELETE' })
    expect(await get('/journal')).toEqual({ requests: [] } as never)
    await own.stop()
  })
})

describe('A journal', () => {
  test.each([
    ['full', 3, [8, 9, 10]],
    ['totals', 1, [10]],
    ['off', null, []],
  ] as const)('in mode %s that keeps %p has the newest', (mode, most, kept) => {
    const journal = new Journal(mode, most)
    for (let i = 0; i < 10; i++) journal.end(journal.begin(null, null), 'complete')
    expect(journal.entries().map((entry) => entry.seq)).toEqual([...kept])
  })

  test('hears an end once', () => {
    const journal = new Journal('full')
    const entry = journal.begin(null, null)
    journal.end(entry, 'cut')
    journal.end(entry, 'client-left')
    expect(entry).toMatchObject({ outcome: 'cut', cancelledAt: null })
  })
})
