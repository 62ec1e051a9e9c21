/** One simulated provider for a test file, and the shortest way to ask it something. */
import { afterAll } from 'bun:test'
import type { JsonObject } from '../../../src/base/json.ts'
import { type SseFrame, SseReader } from '../../../src/base/sse.ts'
import { startSimulator } from '../../../src/demo/simulator/simulator.ts'
import type { Dialect } from '../../../src/demo/simulator/turn.ts'

export const simulator = startSimulator({ hostname: '127.0.0.1', port: 0 })
afterAll(() => simulator.stop())

const paths = {
  'openai-chat': '/v1/chat/completions',
  'openai-embeddings': '/v1/embeddings',
  'anthropic-messages': '/v1/messages',
}

export const credentials = {
  'openai-chat': { authorization: 'Bearer sk-sim-a' },
  'openai-embeddings': { authorization: 'Bearer sk-sim-a' },
  'anthropic-messages': { 'x-api-key': 'sk-sim-a', 'anthropic-version': '2023-06-01' },
}

/** Sends `fields` over a small valid request. */
export function ask(
  dialect: Dialect['name'],
  fields: JsonObject,
  init: RequestInit = {},
): Promise<Response> {
  const body = {
    model: 'sim-chat',
    messages: [{ role: 'user', content: 'hello there' }],
    ...(dialect === 'anthropic-messages' && { max_tokens: 1000 }),
    ...(dialect === 'openai-embeddings' && { messages: undefined, input: 'hello' }),
    ...fields,
  }
  return fetch(simulator.url + paths[dialect], {
    method: 'POST',
    redirect: 'manual',
    headers: credentials[dialect],
    body: JSON.stringify(body),
    ...init,
  })
}

/** What came of a stream: its frames, and whether the connection broke. */
export async function readStream(
  response: Response,
): Promise<{ frames: SseFrame[]; broke: boolean }> {
  const reader = new SseReader()
  const frames: SseFrame[] = []
  try {
    for await (const bytes of response.body!) frames.push(...reader.push(bytes))
  } catch {
    return { frames, broke: true }
  }
  frames.push(...reader.end())
  return { frames, broke: false }
}

/** The newest entry of the journal, once it has ended. */
export async function lastEntry() {
  for (;;) {
    const entry = simulator.journal.entries().at(-1)!
    if (entry.outcome !== 'open') return entry
    await Bun.sleep(1)
  }
}

export interface Chunk {
  choices?: { delta: Record<string, never>; finish_reason: string | null; index: number }[]
  usage?: { prompt_tokens: number; completion_tokens: number; [name: string]: unknown }
  [name: string]: unknown
}

/** The frames of a stream as JSON, and the text in them. */
export async function streamOf(dialect: Dialect['name'], model: string, fields = {}) {
  const usage = dialect === 'openai-chat' && { stream_options: { include_usage: true } }
  const response = await ask(dialect, { model, stream: true, ...usage, ...fields })
  const raw = response
    .clone()
    .text()
    .catch(() => '')
  const { frames, broke } = await readStream(response)
  const chunks = frames.flatMap(({ data }) => {
    try {
      return [JSON.parse(data) as Chunk]
    } catch {
      return []
    }
  })
  const text = chunks
    .map(
      (chunk) =>
        chunk.choices?.[0]?.delta.content ?? (chunk.delta as { text?: string })?.text ?? '',
    )
    .join('')
  return { frames, chunks, text, broke, raw: await raw, finished: isFinished(chunks) }
}

const isFinished = (chunks: Chunk[]) =>
  chunks.some((chunk) => chunk.choices?.[0]?.finish_reason || chunk.type === 'message_delta')
