/** Every dialect: one file and one line each. */
import { anthropicMessages } from './anthropic-messages.ts'
import type { Dialect, DialectName } from './dialect.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiEmbeddings } from './openai-embeddings.ts'

export const dialects: { [name in DialectName]: Dialect } = {
  'openai-chat': openaiChat,
  'openai-embeddings': openaiEmbeddings,
  'anthropic-messages': anthropicMessages,
}
