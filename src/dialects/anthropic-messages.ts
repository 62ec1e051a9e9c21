/** Anthropic's messages, as providers speak it. Serving clients that speak it is not built yet. */
import { MessagesReader } from './anthropic-reader.ts'
import { writeMessagesRequest } from './anthropic-request.ts'
import type { UpstreamDialect } from './dialect.ts'
import { readError } from './failure.ts'

export const anthropicMessages: UpstreamDialect = {
  name: 'anthropic-messages',
  kind: 'chat',
  path: 'messages',
  // Pinned: the newest refuses temperature even at its default.
  headers: { 'anthropic-version': '2023-06-01' },
  auth: 'x-api-key',
  needsMaxOutput: true,
  writeRequest: writeMessagesRequest,
  reader: () => new MessagesReader(),
  readError,
}
