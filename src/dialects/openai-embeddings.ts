/**
 * OpenAI's embeddings. Its SDKs ask for base64, which some upstreams ignore and a client then decodes into silent
 * nonsense: so upstreams are always asked for floats, and base64 (float32, little endian) is made here (wire.md §4).
 */
import { isCount, isObject, type Json, type JsonObject } from '../base/json.ts'
import { refuse } from './chat.ts'
import type {
  Call,
  ClientDialect,
  Identity,
  Read,
  Reader,
  Target,
  UpstreamDialect,
  Writer,
} from './dialect.ts'
import { broken, failureEvent, readError, readErrorFrame } from './failure.ts'
import { copyBody, readLimit, readModel } from './openai-fields.ts'
import { readOpenaiUsage, withField, writeEmbeddingsUsage } from './openai-usage.ts'

const mostInputs = 2048
const mostTokens = 8192
const highestToken = 2 ** 31 - 1

export const openaiEmbeddings: ClientDialect & UpstreamDialect = {
  name: 'openai-embeddings',
  kind: 'embeddings',
  path: 'embeddings',
  headers: {},
  auth: 'bearer',
  needsMaxOutput: false,
  readRequest,
  writeRequest: (call, target) => copyBody({ ...call.body, encoding_format: 'float' }, target),
  reader: openReader,
  writer: openWriter,
  readError,
}

function readRequest(body: JsonObject, bodyBytes: number): Call {
  const format = body.encoding_format ?? 'float'
  if (format !== 'float' && format !== 'base64') {
    throw refuse('encoding_format', 'encoding_format must be float or base64.')
  }
  readLimit(body, 'dimensions')
  return {
    dialect: 'openai-embeddings',
    model: readModel(body),
    stream: false,
    usageAsked: false,
    maxOutput: null,
    choices: 1,
    textBytes: bodyBytes,
    images: 0,
    files: 0,
    inputTokens: countTokens(readInputs(body.input)),
    body,
    chat: never,
  }
}

type Input = string | number[]

/** One input alone or a list of them; each is text, or token ids. */
function readInputs(input: Json | undefined): Input[] {
  const inputs = isInput(input) ? [input] : input
  if (!Array.isArray(inputs) || inputs.length === 0 || !inputs.every(isInput)) {
    throw refuse(
      'input',
      `input must be a string, a list of strings, or token ids (up to ${mostTokens} an input); none may be empty.`,
    )
  }
  if (inputs.length > mostInputs)
    throw refuse('input', `input may have at most ${mostInputs} entries.`)
  return inputs
}

function isInput(value: Json | undefined): value is Input {
  if (typeof value === 'string') return value !== ''
  if (!Array.isArray(value) || value.length === 0 || value.length > mostTokens) return false
  return value.every((token) => isCount(token, 0, highestToken))
}

/** Null as soon as one input is text. */
function countTokens(inputs: Input[]): number | null {
  let tokens = 0
  for (const input of inputs) {
    if (typeof input === 'string') return null
    tokens += input.length
  }
  return tokens
}

/** Embeddings neither stream nor converse; who asks has a bug. */
function never(): never {
  throw new Error('bug: embeddings have one reply and no conversation')
}

function openReader(call: Call, target: Target): Reader {
  const inputs = readInputs(call.body.input).length
  return {
    reply(body): Read {
      if (isObject(body.error)) {
        return { events: [failureEvent(readErrorFrame(body))], raw: null }
      }
      const vectors = readVectors(body.data, inputs)
      if (vectors === null) {
        return { events: [failureEvent(broken('not one vector of numbers an input'))], raw: null }
      }
      const events: Read['events'] = [{ type: 'start' }, { type: 'embeddings', vectors }]
      if (isObject(body.usage)) {
        events.push({ type: 'usage', usage: readOpenaiUsage(body.usage, target.quirks, false) })
      }
      return { events: [...events, { type: 'end' }], raw: body }
    },
    frame: () => ({ events: [failureEvent(broken('a stream for embeddings'))], raw: null }),
    end: () => [],
  }
}

/** As many vectors as inputs, each of finite numbers, in the inputs' order; else null. */
function readVectors(data: Json | undefined, inputs: number): number[][] | null {
  if (!Array.isArray(data) || data.length !== inputs) return null
  const vectors: number[][] = new Array(inputs)
  for (const [position, entry] of data.entries()) {
    if (!isObject(entry) || !isVector(entry.embedding)) return null
    const index = entry.index ?? position
    if (!isCount(index, 0, inputs - 1) || vectors[index] !== undefined) return null
    vectors[index] = entry.embedding
  }
  return vectors
}

function isVector(value: Json | undefined): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every(Number.isFinite)
}

function openWriter(call: Call, identity: Identity): Writer {
  const base64 = call.body.encoding_format === 'base64'
  return {
    pass: never,
    event: never,
    close: never,
    fail: never,
    reply(_raw, events, bill) {
      const found = events.find((event) => event.type === 'embeddings')
      const data = (found?.vectors ?? []).map((vector, index) => ({
        object: 'embedding',
        index,
        embedding: base64 ? encodeVector(vector) : vector,
      }))
      const reply = { object: 'list', id: identity.id, model: identity.model, data }
      return withField(reply, 'usage', writeEmbeddingsUsage(bill))
    },
  }
}

/** Float32 in the machine's order, which is little endian wherever Bun runs. */
function encodeVector(vector: number[]): string {
  return Buffer.from(new Float32Array(vector).buffer).toString('base64')
}
