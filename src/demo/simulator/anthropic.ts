/** Anthropic's dialect: messages. How it is spoken is in `anthropic-read.ts` and `anthropic-write.ts`. */
import type { JsonObject } from '../../base/json.ts'
import { composeAnswer, countAnswers } from './answer.ts'
import { readMessages } from './anthropic-read.ts'
import { type MessageAnswer, writeFrames, writeReply } from './anthropic-write.ts'
import { countMarked } from './cache.ts'
import type { Model } from './models.ts'
import { insist, Refusal } from './refusal.ts'
import { type Desk, type Dialect, isIssued, type Turn } from './turn.ts'

export const anthropicMessages: Dialect = {
  name: 'anthropic-messages',
  idOf: (count) => `msg_${String(count).padStart(8, '0')}`,
  requestIdHeader: 'request-id',
  authorize,
  open: openMessages,
  writeRefusal: ({ anthropicType, message }, count) =>
    JSON.stringify({
      type: 'error',
      error: { type: anthropicType, message },
      request_id: `req_${count}`,
    }),
  failureFrame: () =>
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
}

/** Another provider's credential header in a request is refused, so that a leaked one is noticed. */
function authorize(headers: Headers): void {
  const key = headers.get('x-api-key')
  if (key === null) throw new Refusal('key', 'x-api-key header is required')
  if (!isIssued(key) || headers.has('authorization')) throw new Refusal('key', 'invalid x-api-key')
  const version = headers.get('anthropic-version')
  insist(version !== null, 'anthropic-version: header is required')
  insist(version === '2023-06-01', `anthropic-version: "${version}" is not a valid version`)
}

function openMessages(body: JsonObject, model: Model, desk: Desk): Turn {
  if (model.kind === 'embeddings') throw new Refusal('missing', `model: ${model.name}`)
  const { prompt, parts, stream, thinkingHidden } = readMessages(body, model, desk.seed)
  const answer = composeAnswer(prompt, model, desk.seed)
  const input = countMarked(desk.cache, parts)
  const id = anthropicMessages.idOf(desk.count)
  const message: MessageAnswer = { id, model, answer, input, seed: desk.seed, thinkingHidden }
  return {
    stream,
    units: { ...input, ...countAnswers([answer]) },
    reply: () => writeReply(message),
    frames: () => writeFrames(message),
  }
}
