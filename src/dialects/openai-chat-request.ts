/** OpenAI's chat request: read from clients on the hot path, so in one shallow walk; written to its own kind as a copy. */
import { assert } from '../base/assert.ts'
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import { refuse } from './chat.ts'
import type { Call, Target, Written } from './dialect.ts'
import { readChat } from './openai-chat-conversation.ts'
import { copyBody, readFlag, readLimit, readModel } from './openai-fields.ts'

const mostChoices = 128

export function readChatRequest(body: JsonObject, bodyBytes: number): Call {
  const model = readModel(body)
  const { images, files, mediaBytes } = weighMessages(body.messages)
  return {
    dialect: 'openai-chat',
    model,
    stream: readFlag(body, 'stream'),
    usageAsked: readUsageAsked(body),
    maxOutput: readMaxOutput(body),
    choices: readLimit(body, 'n', mostChoices) ?? 1,
    textBytes: bodyBytes - mediaBytes,
    images,
    files,
    inputTokens: null,
    body,
    chat: () => readChat(body),
  }
}

/** Where both fields are given, the lower one holds. */
function readMaxOutput(body: JsonObject): number | null {
  const older = readLimit(body, 'max_tokens')
  const newer = readLimit(body, 'max_completion_tokens')
  return older !== null && newer !== null ? Math.min(older, newer) : (newer ?? older)
}

function readUsageAsked(body: JsonObject): boolean {
  const options = body.stream_options
  if (options === undefined || options === null) return false
  if (!isObject(options)) throw refuse('stream_options', 'stream_options must be an object.')
  return readFlag(options, 'include_usage', 'stream_options.include_usage')
}

interface Weight {
  images: number
  files: number
  /** Bytes of base64 that are no text: what media cost is counted by the piece. */
  mediaBytes: number
}

function weighMessages(messages: Json | undefined): Weight {
  if (!Array.isArray(messages) || messages.length === 0) {
    throw refuse('messages', 'messages must be a list of at least one message.')
  }
  const weight: Weight = { images: 0, files: 0, mediaBytes: 0 }
  for (const [index, message] of messages.entries()) {
    if (!isObject(message)) throw refuse(`messages[${index}]`, 'A message must be an object.')
    if (!Array.isArray(message.content)) continue
    for (const part of message.content) if (isObject(part)) weighPart(part, weight)
  }
  return weight
}

function weighPart(part: JsonObject, weight: Weight): void {
  switch (part.type) {
    case 'image_url':
      weight.images++
      weight.mediaBytes += dataBytes(isObject(part.image_url) ? part.image_url.url : part.image_url)
      return
    case 'file':
      weight.files++
      if (isObject(part.file)) weight.mediaBytes += dataBytes(part.file.file_data)
      return
    case 'video_url':
      weight.files++
      if (isObject(part.video_url)) weight.mediaBytes += dataBytes(part.video_url.url)
      return
    case 'input_audio':
      weight.files++
      if (isObject(part.input_audio) && typeof part.input_audio.data === 'string') {
        weight.mediaBytes += part.input_audio.data.length
      }
  }
}

/** Characters are at most bytes, so what is taken off is never more than what came. */
function dataBytes(url: Json | undefined): number {
  return typeof url === 'string' && url.startsWith('data:') ? url.length : 0
}

export function writeChatRequest(call: Call, target: Target): Written {
  assert(call.dialect === 'openai-chat', `no translation from ${call.dialect} to openai-chat`)
  const written = copyBody(call.body, target)
  const { body } = written
  const { quirks, maxOutput } = target
  delete body.max_tokens
  delete body.max_completion_tokens
  if (maxOutput !== null) body[quirks.maxTokensField ?? 'max_tokens'] = maxOutput
  if (call.stream) {
    const options = isObject(body.stream_options) ? body.stream_options : {}
    if ((quirks.usageInStream ?? 'asked') === 'asked') {
      body.stream_options = { ...options, include_usage: true }
    } else {
      delete body.stream_options
    }
  }
  return written
}
