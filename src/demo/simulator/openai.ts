/** OpenAI's dialect: chat completions and embeddings. How they are spoken is in `openai-*.ts` and `embeddings.ts`. */
import type { JsonObject } from '../../base/json.ts'
import { composeAnswer, countAnswers } from './answer.ts'
import { countAutomatic } from './cache.ts'
import { openEmbeddings } from './embeddings.ts'
import type { Model } from './models.ts'
import { readChat } from './openai-read.ts'
import { type ChatAnswer, writeFrames, writeReply } from './openai-write.ts'
import { Refusal } from './refusal.ts'
import { type Desk, type Dialect, isIssued, type Turn } from './turn.ts'

const common = {
  requestIdHeader: 'x-request-id',
  authorize,
  writeRefusal: ({ message, type, param, code }: Refusal) =>
    JSON.stringify({ error: { message, type, param, code } }),
  failureFrame: `data: {"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}\n\n`,
}

export const openaiChat: Dialect = {
  ...common,
  name: 'openai-chat',
  idOf: (count) => `chatcmpl-${numbered(count)}`,
  open: openChat,
}

export const openaiEmbeddings: Dialect = {
  ...common,
  name: 'openai-embeddings',
  idOf: (count) => `embd-${numbered(count)}`,
  open: openEmbeddings,
}

function numbered(count: number): string {
  return String(count).padStart(8, '0')
}

/** Another provider's credential header in a request is refused, so that a leaked one is noticed. */
function authorize(headers: Headers, model: Model | null): void {
  const bearer = /^Bearer (.*)/.exec(headers.get('authorization') ?? '')?.[1] ?? null
  const key = (model?.quirks?.apiKeyHeader && headers.get('api-key')) || bearer
  if (key === null) {
    throw new Refusal(
      'key',
      "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    )
  }
  if (!isIssued(key) || headers.has('x-api-key')) throw new Refusal('key')
}

function openChat(body: JsonObject, model: Model, desk: Desk): Turn {
  if (model.kind === 'embeddings')
    throw new Refusal('missing', 'This is not a chat model.', 'model')
  const request = readChat(body, model)
  const answers = Array.from({ length: request.choices }, (_, index) =>
    composeAnswer(request.prompt, model, desk.seed + index),
  )
  const input = countAutomatic(desk.cache, request.parts)
  const { usageAsked, stream } = request
  const answer: ChatAnswer = { id: openaiChat.idOf(desk.count), model, answers, input, usageAsked }
  return {
    stream,
    units: { ...input, ...countAnswers(answers) },
    reply: () => writeReply(answer),
    frames: () => writeFrames(answer),
  }
}
