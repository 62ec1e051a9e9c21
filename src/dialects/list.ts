/** Every dialect: one file, and one line for each side that it can serve. */
import { anthropicMessages } from './anthropic-messages.ts'
import type { ClientDialect, DialectName, UpstreamDialect } from './dialect.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiEmbeddings } from './openai-embeddings.ts'

export const clientDialects = {
  'openai-chat': openaiChat,
  'openai-embeddings': openaiEmbeddings,
} satisfies { [name in DialectName]?: ClientDialect }

export const upstreamDialects: { [name in DialectName]: UpstreamDialect } = {
  'openai-chat': openaiChat,
  'openai-embeddings': openaiEmbeddings,
  'anthropic-messages': anthropicMessages,
}
