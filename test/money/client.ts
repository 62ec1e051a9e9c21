/** A client of the platform that writes down what it received, and that may leave at any point. */
import { isObject, type Json, type JsonObject } from '../../src/base/json.ts'
import { SseReader } from '../../src/base/sse.ts'

export interface Answered {
  status: number
  /** Null where none came: refused, or left before the head. */
  id: string | null
  /** What was said, by choice, a tool's name and arguments included; and what was thought. */
  text: Map<number, string>
  reasoning: Map<number, string>
  /** `usage.cost` in nano-USD; null where none came. */
  cost: bigint | null
  /** The whole reply, or a stream to its `[DONE]`. */
  finished: boolean
  /** The code of an error, in the body or in the stream. */
  error: string | null
  /** Whether this client left before the end. */
  left: boolean
  /** Why the connection broke; null when it did not. */
  lost: unknown
}

/** When to leave: so long after the start, or so many bytes into the body. */
export type Leave = { afterMs: number } | { afterBytes: number } | null

export interface AskOptions {
  path?: string
  leave?: Leave
  headers?: Record<string, string>
  send?: Send
}

type Send = (
  url: string,
  init: { method: string; headers: Record<string, string>; body: string; signal: AbortSignal },
) => Promise<Response>

/** On a connection of its own: one that is kept may be closed by the server just when it is used again. */
const sendOnce: Send = (url, init) => fetch(url, { ...init, keepalive: false })

const hello = [{ role: 'user', content: 'Hello' }]

export async function ask(
  { url, key }: { url: string; key: string },
  fields: JsonObject,
  { path = 'chat/completions', leave = null, headers = {}, send = sendOnce }: AskOptions = {},
): Promise<Answered> {
  const got: Answered = {
    ...{ status: 0, id: null, cost: null, finished: false, error: null, left: false, lost: null },
    ...{ text: new Map(), reasoning: new Map() },
  }
  const leaving = new AbortController()
  const timer =
    leave && 'afterMs' in leave ? setTimeout(() => leaving.abort(), leave.afterMs) : null
  try {
    const response = await send(`${url}/api/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ ...(path === 'chat/completions' && { messages: hello }), ...fields }),
      signal: leaving.signal,
    })
    got.status = response.status
    got.id = response.headers.get('x-generation-id')
    const most = leave && 'afterBytes' in leave ? leave.afterBytes : Number.POSITIVE_INFINITY
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
      await readFrames(response, got, most, () => leaving.abort())
    } else readReply(await response.text(), got)
  } catch (cause) {
    if (leaving.signal.aborted) got.left = true
    else got.lost = cause
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
  return got
}

async function readFrames(
  response: Response,
  got: Answered,
  most: number,
  leave: () => void,
): Promise<void> {
  const reader = new SseReader()
  let size = 0
  for await (const bytes of response.body!) {
    for (const { data } of reader.push(bytes)) {
      if (data === '[DONE]') got.finished = true
      else readChunk(data, 'delta', got)
    }
    size += bytes.length
    if (size >= most && !got.finished) leave()
  }
}

function readReply(text: string, got: Answered): void {
  readChunk(text, 'message', got)
  got.finished = got.error === null
}

function readChunk(text: string, field: 'delta' | 'message', got: Answered): void {
  const chunk = JSON.parse(text) as JsonObject
  if (isObject(chunk.error)) got.error = String(chunk.error.code)
  const cost = /"cost":([\d.]+)/.exec(text)?.[1]
  if (cost !== undefined) got.cost = nanoOf(cost)
  for (const choice of Array.isArray(chunk.choices) ? chunk.choices.filter(isObject) : []) {
    const at = Number(choice.index)
    const said = isObject(choice[field]) ? choice[field] : {}
    add(got.reasoning, at, said.reasoning_content)
    add(got.text, at, said.content)
    for (const tool of Array.isArray(said.tool_calls) ? said.tool_calls.filter(isObject) : []) {
      const called = isObject(tool.function) ? tool.function : {}
      add(got.text, at, called.name)
      add(got.text, at, called.arguments)
    }
  }
}

function add(texts: Map<number, string>, choice: number, text: Json | undefined): void {
  if (typeof text === 'string' && text !== '') texts.set(choice, (texts.get(choice) ?? '') + text)
}

/** Decimal dollars in nano-USD. */
export function nanoOf(usd: string): bigint {
  const [whole = '', fraction = ''] = usd.split('.')
  return BigInt(whole + fraction.padEnd(9, '0'))
}
