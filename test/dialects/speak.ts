/** How the dialects' tests speak: a client's request, a provider's recorded bytes, and what each becomes. */
import type { JsonObject } from '../../src/base/json.ts'
import { SseReader } from '../../src/base/sse.ts'
import type {
  Bill,
  Call,
  CallEvent,
  DialectName,
  Quirks,
  Target,
  Written,
} from '../../src/dialects/dialect.ts'
import { clientDialects, upstreamDialects } from '../../src/dialects/list.ts'

export const identity = { id: 'gen-1', model: 'shop/model', created: 1_700_000_000 }
export const bill: Bill = { units: { input: 5, output: 3 }, cost: '0.000012345' }

export function askChat(fields: JsonObject = {}): Call {
  const body = { model: 'shop/model', messages: [{ role: 'user', content: 'Hi' }], ...fields }
  return clientDialects['openai-chat'].readRequest(body, Buffer.byteLength(JSON.stringify(body)))
}

export function aim(quirks: Quirks = {}, maxOutput: number | null = 1000): Target {
  return { model: 'up-model', maxOutput, quirks }
}

export function writeTo(dialect: DialectName, call: Call, target = aim()): Written {
  return upstreamDialects[dialect].writeRequest(call, target)
}

export async function readFixture(name: string): Promise<Uint8Array> {
  return await Bun.file(`${import.meta.dir}/../fixtures/dialects/${name}.sse`).bytes()
}

export interface Answer {
  events: CallEvent[]
  /** What the client is sent, without the end. */
  text: string
}

/** A stream from a provider of that dialect to an OpenAI client, as the gateway carries it. */
export function carry(
  dialect: DialectName,
  chunks: Uint8Array[],
  quirks: Quirks = {},
  call = askChat({ stream: true }),
): Answer {
  const sse = new SseReader()
  const reader = upstreamDialects[dialect].reader(call, aim(quirks))
  const writer = clientDialects['openai-chat'].writer(call, identity)
  const events: CallEvent[] = []
  let text = ''
  const frames = [...chunks.flatMap((bytes) => sse.push(bytes)), ...sse.end()]
  for (const frame of frames) {
    const read = reader.frame(frame)
    events.push(...read.events)
    if (dialect === call.dialect) text += read.raw === null ? '' : writer.pass(read.raw)
    else text += read.events.map((event) => writer.event(event)).join('')
  }
  events.push(...reader.end())
  return { events, text }
}

/** The frames of what a client is sent, parsed; markers left out. */
export function framesOf(text: string): JsonObject[] {
  const frames = new SseReader().push(Buffer.from(text))
  return frames.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data))
}

export function bytes(text: string): Uint8Array {
  return Buffer.from(text)
}

/** One frame each. */
export function sse(...frames: unknown[]): Uint8Array[] {
  return frames.map((frame) =>
    bytes(`data: ${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n\n`),
  )
}
