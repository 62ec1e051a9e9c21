/** Every dialect: one file, and one line for each side that it can serve. */
import { anthropicMessages } from './anthropic-messages.ts'
import type { ClientDialect, ClientDialectName, DialectName, UpstreamDialect } from './dialect.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiEmbeddings } from './openai-embeddings.ts'

export const clientDialects: { [name in ClientDialectName]: ClientDialect } = {
  'openai-chat': openaiChat,
  'openai-embeddings': openaiEmbeddings,
}

export const upstreamDialects: { [name in DialectName]: UpstreamDialect } = {
  'openai-chat': openaiChat,
  'openai-embeddings': openaiEmbeddings,
  'anthropic-messages': anthropicMessages,
}
