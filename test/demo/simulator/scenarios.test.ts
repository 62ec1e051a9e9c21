/** Each model of the table does what its line says. */
import { describe, expect, test } from 'bun:test'
import { readModel } from '../../../src/demo/simulator/models.ts'
import { scenarios } from '../../../src/demo/simulator/scenarios.ts'
import { ask, lastEntry, simulator, streamOf } from './ask.ts'

const dialects = ['openai-chat', 'anthropic-messages'] as const
/** Held by `hosts.test.ts` and `embeddings.test.ts`. */
const elsewhere =
  /^(sim-embed|demo\/(azure|groq|mistral|ollama|gemini|xai|openrouter|deepseek|vllm|double|duplicate|revised))/
const tested = new Set<string>()
/** Notes that a model's line is held by a test. */
function hold<const Row extends readonly [string, ...unknown[]]>(rows: readonly Row[]): Row[] {
  for (const [name] of rows) tested.add(name.split('@')[0]!)
  return [...rows]
}

describe.each(dialects)('In %s', (dialect) => {
  test.each(
    hold([
      ['demo/400', 400, 'invalid_request_error'],
      ['demo/401', 401, 'authentication_error'],
      ['demo/402-quota', 402, 'billing_error'],
      ['demo/403', 403, 'permission_error'],
      ['demo/404', 404, 'not_found_error'],
      ['demo/408', 408, 'timeout_error'],
      ['demo/413', 413, 'request_too_large'],
      ['demo/429', 429, 'rate_limit_error'],
      ['demo/429-quota', 429, 'rate_limit_error'],
      ['demo/500', 500, 'api_error'],
      ['demo/502', 502, 'api_error'],
      ['demo/503', 503, 'overloaded_error'],
      ['demo/529', 529, 'overloaded_error'],
      ['demo/policy', 400, 'invalid_request_error'],
      ['demo/context-length', 400, 'invalid_request_error'],
    ]),
  )('%s refuses with %d, streams too', async (model, status, type) => {
    for (const stream of [false, true]) {
      const response = await ask(dialect, { model, stream })
      expect(response.status).toBe(status)
      const { error } = (await response.json()) as { error: { type: string; message: string } }
      expect(error.message).not.toBe('')
      if (dialect === 'anthropic-messages') expect(error.type).toBe(type)
      expect(await lastEntry()).toMatchObject({ outcome: 'failed', usage: null, delivered: {} })
    }
  })

  test.each(
    hold([
      ['demo/flaky', 1],
      ['demo/flaky-3', 3],
    ]),
  )('%s fails %d times for a prompt, then answers', async (model, failures) => {
    const messages = [{ role: 'user', content: `${dialect} ${model}` }]
    const statuses = []
    for (let i = 0; i <= failures; i++)
      statuses.push((await ask(dialect, { model, messages })).status)
    expect(statuses).toEqual([...Array(failures).fill(503), 200])
  })

  test.each(
    hold([
      ['demo/broken-stream', true, ''],
      ['demo/early-close', false, ''],
      ['demo/error-in-stream', false, '"error"'],
      ['demo/malformed-sse', false, '{"choices":[{"delta":{"con'],
    ]),
  )(
    '%s ends after five tokens without a finish; connection broken: %p',
    async (model, broken, last) => {
      const { broke, frames, finished } = await streamOf(dialect, model)
      expect(broke).toBe(broken)
      expect(finished).toBe(false)
      expect(frames.at(-1)!.data).toContain(last)
      expect(frames.some(({ data }) => data === '[DONE]' || data.includes('message_stop'))).toBe(
        false,
      )
      expect(await lastEntry()).toMatchObject({ outcome: 'cut', delivered: { output: 5 } })
    },
  )

  test.each([
    ['demo/broken-stream', null],
    ['demo/early-close', 200],
    ['demo/error-in-stream', 500],
    ['demo/malformed-sse', 200],
  ])('%s spoils a whole reply', async (model, status) => {
    const response = await ask(dialect, { model })
    const text = await response.text().catch(() => null)
    expect(text === null ? null : response.status).toBe(status)
    if (status === 200) expect(() => JSON.parse(text!)).toThrow()
    const { outcome, usage, delivered } = await lastEntry()
    expect(outcome).toBe(status === 500 ? 'failed' : 'cut')
    expect([usage, delivered.output]).toEqual([null, undefined])
  })

  test.each(
    hold([
      ['demo/stall', 5],
      ['demo/stall@after=2', 2],
    ]),
  )('%s falls silent after %d tokens and stays open', async (model, tokens) => {
    const response = await ask(dialect, { model, stream: true })
    const reader = response.body!.getReader()
    let silent = false
    while (!silent) {
      silent = await Promise.race([
        reader.read().then(({ done }) => done),
        Bun.sleep(50).then(() => true),
      ])
    }
    const entry = simulator.journal.entries().at(-1)!
    expect(entry).toMatchObject({ outcome: 'open', delivered: { output: tokens } })
    await reader.cancel()
    expect((await lastEntry()).outcome).toBe('client-left')
  })

  test.each(
    hold([
      ['demo/no-usage', undefined],
      ['demo/zero-usage', 0],
      ['demo/absurd-usage', 4_000_000_009],
      ['demo/negative-usage', -10],
      ['demo/fraction-usage', 9.5],
      ['demo/text-usage', '9'],
      ['demo/null-usage', null],
      ['demo/cached-usage', 9],
    ]),
  )('%s reports %p for nine tokens, whole and streamed', async (name, count) => {
    const model = `${name}@tokens=9`
    const field = dialect === 'openai-chat' ? 'completion_tokens' : 'output_tokens'
    const { usage } = (await (await ask(dialect, { model })).json()) as {
      usage?: Record<string, unknown>
    }
    expect(usage?.[field]).toBe(count as never)
    const { chunks } = await streamOf(dialect, model)
    expect(chunks.findLast((chunk) => chunk.usage)?.usage?.[field]).toBe(count as never)
    expect((await lastEntry()).delivered.output).toBe(9)
    if (name !== 'demo/cached-usage') return
    const details = (usage!.prompt_tokens_details as { cached_tokens: number }) ?? {}
    expect(details.cached_tokens ?? usage!.cache_read_input_tokens).toBe(1_000_000)
  })

  test.each(hold([['demo/nan-usage']]))('%s reports what is not JSON', async (model) => {
    const text = await (await ask(dialect, { model })).text()
    expect(text).toMatch(/_tokens":NaN/)
    expect(() => JSON.parse(text)).toThrow()
    expect((await streamOf(dialect, model)).raw).toContain('NaN')
  })

  test.each(
    hold([
      ['demo/html', 200, 'text/html', '<!doctype html>'],
      ['demo/html@status=502', 502, 'text/html', '<!doctype html>'],
      ['demo/empty', 200, 'json', ''],
      ['demo/bomb@mb=2', 200, 'json', ' '.repeat(2 ** 21)],
      ['demo/huge-frame@mb=1', 200, 'json', `data: ${'a'.repeat(2 ** 20)}`],
    ]),
  )('%s answers %d with no answer', async (model, status, type, start) => {
    const response = await ask(dialect, { model })
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toContain(type)
    const text = await response.text()
    expect(start === '' ? text === '' : text.startsWith(start)).toBe(true)
    expect((await lastEntry()).outcome).toBe('failed')
  })

  test.each(hold([['demo/redirect']]))('%s points to another origin', async (model) => {
    const response = await ask(dialect, { model })
    expect(response.status).toBe(302)
    expect(new URL(response.headers.get('location')!).origin).not.toBe(simulator.url)
  })

  test.each(
    hold([
      ['demo/drip', 1],
      ['demo/utf8@tokens=30', 7],
      ['demo/crlf', 0],
      ['demo/comments', 0],
    ]),
  )('%s reads the same as its JSON reply, and is finished', async (model) => {
    const reply = (await (await ask(dialect, { model })).json()) as {
      choices?: { message: { content: string } }[]
      content?: { text: string }[]
    }
    const { text, finished, raw } = await streamOf(dialect, model)
    expect(text).toBe(reply.choices?.[0]?.message.content ?? reply.content![0]!.text)
    expect(finished).toBe(true)
    expect(raw.includes('\r\n')).toBe(model === 'demo/crlf')
    expect(raw.includes(': keep-alive')).toBe(model === 'demo/comments')
  })

  test.each(hold([['demo/refusal'], ['demo/content-filter']]))(
    '%s says so in its finish',
    async (model) => {
      const reply = (await (await ask(dialect, { model })).json()) as Record<string, never>
      const choice = (reply.choices?.[0] ?? {}) as {
        finish_reason?: string
        message?: { refusal: string | null }
      }
      const said = reply.stop_reason ?? (choice.message?.refusal ? 'refusal' : choice.finish_reason)
      expect(said).toBe(
        model === 'demo/refusal' || dialect === 'anthropic-messages' ? 'refusal' : 'content_filter',
      )
      expect((await streamOf(dialect, model)).finished).toBe(true)
    },
  )

  test.each(
    hold([
      ['sim-chat'],
      ['sim-fast'],
      ['sim-reasoner'],
      ['sim-old'],
      ['demo/slow@ttft=1,tps=1000'],
      ['demo/silent@silence=1'],
      ['demo/strict'],
    ]),
  )('%s answers', async (model) => {
    const { finished, text } = await streamOf(dialect, model)
    expect(finished).toBe(true)
    expect(text).toStartWith('You said: hello there.')
    expect((await lastEntry()).outcome).toBe('complete')
  })
})

describe('Waiting', () => {
  test.each(
    hold([
      ['demo/slow', { ttft: 300, tps: 20 }],
      ['demo/silent', { silence: 14_000 }],
      ['demo/timeout', { body: 'never' }],
      [
        'sim-chat@ttft=200,tps=50,tokens=1000,silence=14000',
        { ttft: 200, tps: 50, tokens: 1000, silence: 14_000 },
      ],
    ]),
  )('of %s is as its name says', (name, knobs) => {
    expect(readModel(name)).toMatchObject(knobs as object)
  })
})

test('Every model has a line, and a test that holds it', () => {
  const base = (name: string) => name.replace(/^demo\/flaky-\d+$/, 'demo/flaky')
  const here = Object.keys(scenarios).filter((name) => !elsewhere.test(name))
  expect(new Set([...tested].map(base))).toEqual(new Set(here))
  for (const { does } of Object.values(scenarios)) expect(does).toEndWith('.')
})
