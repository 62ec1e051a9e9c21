/** OpenAI's chat completions, spoken by most clients and most providers. */
import type { ClientDialect, UpstreamDialect } from './dialect.ts'
import { readError } from './failure.ts'
import { ChatReader } from './openai-chat-reader.ts'
import { readChatRequest, writeChatRequest } from './openai-chat-request.ts'
import { openChatWriter } from './openai-chat-writer.ts'

export const openaiChat: ClientDialect & UpstreamDialect = {
  name: 'openai-chat',
  kind: 'chat',
  path: 'chat/completions',
  headers: {},
  auth: 'bearer',
  needsMaxOutput: false,
  readRequest: readChatRequest,
  writeRequest: writeChatRequest,
  reader: (_call, target) => new ChatReader(target.quirks),
  writer: openChatWriter,
  readError,
}
