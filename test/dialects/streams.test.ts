/** Recorded streams of every kind of provider: what they mean, what a client is sent, and that no cut changes either. */
import { describe, expect, test } from 'bun:test'
import { isObject, type JsonObject } from '../../src/base/json.ts'
import type { Units } from '../../src/base/units.ts'
import type { CallEvent, DialectName, Quirks } from '../../src/dialects/dialect.ts'
import { type Answer, askChat, carry, framesOf, readFixture } from './speak.ts'

interface Told {
  dialect?: DialectName
  quirks?: Quirks
  /** Of choice 0. */
  text?: string
  reasoning?: string
  /** id, name and arguments of each call. */
  tools?: [string, string, string][]
  finish?: string
  units: Units | null
  failure?: string
}

const anthropic = { dialect: 'anthropic-messages' } as const

const streams: [string, Told][] = [
  [
    'openai-text',
    { text: 'Grüße, 世界 👋🏽', finish: 'stop', units: { input: 19, output: 6, reasoning: 4 } },
  ],
  [
    'openai-tools',
    {
      tools: [
        ['call_a', 'weather', '{"city":"臺北"}'],
        ['call_b', 'clock', '{}'],
      ],
      finish: 'tool_calls',
      units: { input: 10, cache_read: 64, cache_write: 8, output: 37 },
    },
  ],
  ['openai-two-choices', { text: 'Heads!', finish: 'length', units: { input: 9, output: 4 } }],
  ['azure-text', { text: 'Bonjour', finish: 'stop', units: { input: 12, output: 3 } }],
  ['groq-text', { text: 'Fast.', finish: 'stop', units: { input: 18, output: 5 } }],
  [
    'mistral-tools',
    {
      text: 'Let me look.',
      reasoning: 'Hmm, été.',
      tools: [['D681PevKs', 'weather', '{"city":"Paris"}']],
      finish: 'tool_calls',
      units: { input: 70, output: 32 },
    },
  ],
  [
    'deepseek-reasoning',
    {
      text: '9.9',
      reasoning: '9.11 < 9.9',
      finish: 'stop',
      units: { input: 8, cache_read: 32, output: 5, reasoning: 25 },
    },
  ],
  [
    'vllm-usage-in-every-chunk',
    { text: 'one two three', finish: 'stop', units: { input: 30, output: 4 } },
  ],
  ['ollama-without-usage', { text: 'Why not?', finish: 'stop', units: null }],
  [
    'gemini-tools',
    {
      quirks: { reasoningOutsideCompletion: true },
      tools: [
        ['call_qwer_0_0', 'weather', '{"city":"Oslo"}'],
        ['call_qwer_0_1', 'clock', '{}'],
      ],
      finish: 'tool_calls',
      units: { input: 55, output: 20, reasoning: 55 },
    },
  ],
  [
    'xai-reasoning',
    {
      quirks: { reasoningOutsideCompletion: true },
      text: '42',
      reasoning: 'So',
      finish: 'stop',
      units: { input: 26, cache_read: 6, output: 9, reasoning: 94, search: 2 },
    },
  ],
  [
    'kimi-closes-without-done',
    { text: 'Done here.', finish: 'stop', units: { input: 4, cache_read: 16, output: 4 } },
  ],
  ['openai-error-mid-stream', { text: 'Half an', units: null, failure: 'broken' }],
  ['openai-cut-short', { text: 'Half an ans', units: null, failure: 'broken' }],
  [
    'anthropic-text',
    { ...anthropic, text: 'Hello, 世界 👋🏽', finish: 'stop', units: { input: 25, output: 12 } },
  ],
  [
    'anthropic-tools',
    {
      ...anthropic,
      text: 'Both, then.',
      tools: [
        ['toolu_A', 'weather', '{"city": "Zürich"}'],
        ['toolu_B', 'clock', '{}'],
      ],
      finish: 'tool_calls',
      units: { input: 472, output: 89 },
    },
  ],
  [
    'anthropic-thinking',
    {
      ...anthropic,
      text: 'Yes.',
      reasoning: 'Let me think…',
      finish: 'stop',
      units: { input: 40, output: 10, reasoning: 50 },
    },
  ],
  [
    'anthropic-refusal',
    { ...anthropic, text: 'I', finish: 'content_filter', units: { input: 25, output: 2 } },
  ],
  [
    'anthropic-cache',
    {
      ...anthropic,
      text: 'Cached.',
      finish: 'stop',
      units: {
        input: 7,
        cache_read: 1000,
        cache_write: 200,
        cache_write_1h: 100,
        output: 9,
        search: 2,
      },
    },
  ],
  [
    'anthropic-json-by-tool',
    {
      ...anthropic,
      quirks: { jsonSchema: 'tool' },
      text: '{"answer":42}',
      finish: 'stop',
      units: { input: 25, output: 15 },
    },
  ],
  [
    'anthropic-error-mid-stream',
    { ...anthropic, text: 'Half', units: { input: 25, output: 1 }, failure: 'overloaded' },
  ],
  [
    'anthropic-cut-short',
    { ...anthropic, text: 'Half an ans', units: { input: 25, output: 5 }, failure: 'broken' },
  ],
]

describe.each(streams)('the recorded stream %s', (name, told) => {
  const dialect = told.dialect ?? 'openai-chat'
  const call = askChat({ stream: true, ...(name === 'openai-two-choices' && { n: 2 }) })
  const carryCut = (chunks: Uint8Array[]) => carry(dialect, chunks, told.quirks, call)

  test('means what the provider said', async () => {
    const { events } = carryCut([await readFixture(name)])
    expect(join(events, 'text')).toBe(told.text ?? '')
    expect(join(events, 'reasoning')).toBe(told.reasoning ?? '')
    expect(callsOf(events)).toEqual(told.tools ?? [])
    expect(lastUsage(events)).toEqual(told.units)
    const finish = events.find((event) => event.type === 'finish' && event.choice === 0)
    expect(finish?.type === 'finish' ? finish.reason : undefined).toBe(told.finish as never)
    const last = events.at(-1)
    expect(last?.type).toBe(told.failure === undefined ? 'end' : 'failure')
    if (last?.type === 'failure') expect(last.failure.kind).toBe(told.failure as never)
  })

  test('reaches the client by the rules of wire.md §3, saying the same', async () => {
    const { text, events } = carryCut([await readFixture(name)])
    const said = readAsClient(framesOf(text))
    expect(said.text).toBe(told.text ?? '')
    expect(said.reasoning).toBe(told.reasoning ?? '')
    expect(said.tools).toEqual(told.tools ?? [])
    expect(said.finish).toBe(told.finish)
    expect(events[0]).toEqual({ type: 'start' })
    expect(events.filter((event) => event.type === 'start')).toHaveLength(1)
  })

  test('is the same wherever it is cut', async () => {
    const whole = await readFixture(name)
    const expected = JSON.stringify(carryCut([whole]))
    const differing: number[] = []
    for (let at = 1; at < whole.length; at++) {
      const answer: Answer = carryCut([whole.subarray(0, at), whole.subarray(at)])
      if (JSON.stringify(answer) !== expected) differing.push(at)
    }
    expect(differing).toEqual([])
    expect(JSON.stringify(carryCut([...whole].map((byte) => Uint8Array.of(byte))))).toBe(expected)
  })
})

function join(events: CallEvent[], type: 'text' | 'reasoning'): string {
  return events
    .map((event) => (event.type === type && event.choice === 0 ? event.text : ''))
    .join('')
}

function callsOf(events: CallEvent[]): [string, string, string][] {
  const calls: [string, string, string][] = []
  for (const event of events) {
    if (event.type === 'tool') calls[event.index] = [event.id, event.name, '']
    if (event.type === 'arguments') calls[event.index]![2] += event.text
  }
  return calls
}

function lastUsage(events: CallEvent[]): Units | null {
  const last = events.findLast((event) => event.type === 'usage')
  if (last === undefined) return null
  expect(last.usage.plausible).toBe(true)
  return last.usage.units
}

interface Said {
  text: string
  reasoning: string
  tools: [string, string, string][]
  finish: string | undefined
}

/** Reads frames as strictly as the strictest client, and gives what choice 0 said. */
function readAsClient(frames: JsonObject[]): Said {
  const said: Said = { text: '', reasoning: '', tools: [], finish: undefined }
  const started = new Set<unknown>()
  const finished = new Set<unknown>()
  for (const frame of frames) {
    expect(frame).toMatchObject({
      id: 'gen-1',
      model: 'shop/model',
      object: 'chat.completion.chunk',
    })
    expect(frame.created).toBeGreaterThan(0)
    for (const name of ['usage', 'x_groq']) expect(frame).not.toHaveProperty(name)
    expect(frame.system_fingerprint).not.toBe(null)
    expect(frame.choices).toHaveLength(1)
    const [choice] = frame.choices as [JsonObject]
    expect(choice.index).toBeNumber()
    const delta = choice.delta as JsonObject
    expect(delta.role).toBe(started.has(choice.index) ? (undefined as never) : 'assistant')
    started.add(choice.index)
    if (choice.finish_reason !== null) {
      expect(finished).not.toContain(choice.index)
      finished.add(choice.index)
    }
    if (choice.index === 0) listen(said, delta, choice.finish_reason)
  }
  return said
}

function listen(said: Said, delta: JsonObject, finish: unknown): void {
  const content = delta.content ?? ''
  expect(content).toBeString()
  said.text += content
  said.reasoning += delta.reasoning_content ?? ''
  for (const piece of (delta.tool_calls ?? []) as JsonObject[]) {
    const called = piece.function as JsonObject
    if (piece.index === said.tools.length) {
      expect([typeof piece.id, piece.type]).toEqual(['string', 'function'])
      said.tools.push([String(piece.id), String(called.name), ''])
    } else {
      expect(isObject(called) && 'name' in called).toBe(false)
      expect(Object.keys(piece)).not.toContain('id')
    }
    said.tools[piece.index as number]![2] += called.arguments
  }
  if (typeof finish === 'string') said.finish = finish
}
