/** Whatever clients and providers send, a dialect refuses or fails in words; it never throws a bug. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { AppError } from '../../src/base/error.ts'
import type { Json, JsonObject } from '../../src/base/json.ts'
import { clientDialects, upstreamDialects } from '../../src/dialects/list.ts'
import { aim, askChat, bill, framesOf, identity } from './speak.ts'

/** JSON made of the words that dialects know, in all the wrong places. */
const words =
  `model messages role content type text index id name function tools tool_calls tool_call_id arguments
  choices delta message finish_reason usage error stop_reason content_block input data embedding image_url url file
  reasoning_details response_format tool_choice stop prompt_tokens x_groq __proto__ toString`.split(
    /\s+/,
  )
const values =
  `user assistant tool system text function image_url stop data:, { message_start content_block_start
  content_block_delta content_block_stop tool_use message_delta message_stop message input_json_delta json_schema
  constructor`.split(/\s+/)
const leaf = fc.oneof(
  fc.constantFrom<Json>(...values, null, true, -1, 0, 1, 1.5, 1e308),
  fc.string(),
)
const { object } = fc.letrec<{ object: JsonObject; value: Json }>((tie) => ({
  value: fc.oneof({ maxDepth: 6 }, leaf, tie('object'), fc.array(tie('value'), { maxLength: 3 })),
  object: fc
    .dictionary(fc.constantFrom(...words), tie('value'), { maxKeys: 6 })
    .map((made) => JSON.parse(JSON.stringify(made))),
}))
const message = fc.record({
  role: fc.constantFrom('system', 'user', 'assistant', 'tool', 'developer'),
  content: fc.oneof(fc.string(), fc.array(object), leaf),
  tool_calls: fc.oneof(fc.array(object), leaf),
  tool_call_id: leaf,
  reasoning_details: fc.array(object),
})

function refusedOr<T>(act: () => T): T | null {
  try {
    return act()
  } catch (error) {
    if (error instanceof AppError && error.status === 400) return null
    throw error
  }
}

test('a request is read and written for every provider, or refused', () => {
  const body = fc.tuple(object, fc.array(message, { minLength: 1 })).map(([more, messages]) => ({
    ...more,
    messages: messages as unknown as Json,
    model: 'm',
  }))
  fc.assert(
    fc.property(fc.oneof(object, body), (request) => {
      for (const client of Object.values(clientDialects)) {
        const call = refusedOr(() => client.readRequest(request, 100_000))
        if (call === null) continue
        for (const upstream of Object.values(upstreamDialects)) {
          if (upstream.kind !== client.kind) continue
          const written = refusedOr(() => upstream.writeRequest(call, aim({ thinking: 'budget' })))
          expect(written?.body.model ?? 'up-model').toBe('up-model')
        }
      }
    }),
  )
})

test('a stream or reply is read and written for its client, or fails', () => {
  const choice = fc.record({ index: leaf, delta: object, message: object, finish_reason: leaf })
  const chunk = object.chain((more) =>
    choice.map((one) => ({ ...more, choices: [one as unknown as Json] })),
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(object, chunk), { maxLength: 6 }), (frames) => {
      for (const upstream of Object.values(upstreamDialects)) {
        if (upstream.kind !== 'chat') continue
        const call = askChat({ stream: true })
        const reader = upstream.reader(call, aim())
        const writer = clientDialects['openai-chat'].writer(call, identity)
        for (const frame of frames) {
          const read = reader.frame({ event: null, data: JSON.stringify(frame) })
          framesOf(read.events.map((event) => writer.event(event)).join(''))
          if (upstream.name === call.dialect && read.raw !== null) framesOf(writer.pass(read.raw))
        }
        expect(['end', 'failure', undefined]).toContain(reader.end().at(-1)?.type)
        const whole = upstream.reader(call, aim()).reply(structuredClone(frames[0] ?? {}))
        JSON.parse(writer.reply(null, whole.events, bill))
        expect(['end', 'failure']).toContain(whole.events.at(-1)?.type as string)
      }
    }),
  )
})

test('an error of any shape is told apart', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        object.map((body) => JSON.stringify(body)),
        fc.string(),
      ),
      fc.nat(599),
      (body, status) => {
        for (const upstream of Object.values(upstreamDialects)) {
          expect(upstream.readError(status, body).message).toBeString()
        }
      },
    ),
  )
})
