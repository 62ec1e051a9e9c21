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
  failureFrame:
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
}

const versions = ['2023-06-01', '2026-10-21']

/**
 * The key comes as `x-api-key`, or as a bearer token from the official client since its version 1. Both at once are
 * refused, so that a credential that leaked into a request is noticed.
 */
function authorize(headers: Headers): void {
  const bearer = headers.get('authorization')
  const key = headers.get('x-api-key') ?? bearer?.replace(/^Bearer /, '') ?? null
  if (key === null) throw new Refusal('key', 'x-api-key header is required')
  if (!isIssued(key) || (bearer !== null && headers.has('x-api-key'))) {
    throw new Refusal('key', 'invalid x-api-key')
  }
  const version = headers.get('anthropic-version')
  insist(version !== null, 'anthropic-version: header is required')
  insist(versions.includes(version), `anthropic-version: "${version}" is not a valid version`)
}

function openMessages(body: JsonObject, model: Model, desk: Desk): Turn {
  if (model.kind === 'embeddings') throw new Refusal('missing', `model: ${model.name}`)
  const { prompt, parts, stream, thinkingHidden } = readMessages(body, model, desk)
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
