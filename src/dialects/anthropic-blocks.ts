/** The parts of a conversation as Anthropic's content blocks. */
import type { JsonObject } from '../base/json.ts'
import { type Cache, type MediaPart, type Part, unsupported } from './chat.ts'

export function writePart(part: Part): JsonObject {
  switch (part.type) {
    case 'text':
      return { type: 'text', text: part.text, ...writeCache(part.cache) }
    case 'image':
    case 'file':
      return { ...writeMedia(part), ...writeCache(part.cache) }
    case 'thinking':
      return { type: 'thinking', thinking: part.text, signature: part.signature }
    case 'redacted':
      return { type: 'redacted_thinking', data: part.data }
    case 'tool_call': {
      const { name, arguments: input, cache } = part
      return { type: 'tool_use', id: toolId(part.id), name, input, ...writeCache(cache) }
    }
    case 'tool_result': {
      const content = part.parts.map(writePart)
      return {
        type: 'tool_result',
        tool_use_id: toolId(part.id),
        ...(content.length > 0 && { content }),
        ...writeCache(part.cache),
      }
    }
  }
}

/** Conversations move between models, and other providers' ids may have characters that are refused here. */
function toolId(id: string): string {
  return id.replace(/[^a-zA-Z0-9_-]/g, '_')
}

function writeMedia({ type, source, name, at }: MediaPart): JsonObject {
  const title = name === null ? {} : { title: name }
  if ('url' in source) {
    return type === 'image'
      ? { type, source: { type: 'url', url: source.url } }
      : {
          type: 'document',
          source: { type: 'url', url: source.url },
          ...title,
        }
  }
  const { mediaType, base64 } = source
  if (mediaType.startsWith('image/')) {
    return { type: 'image', source: { type: 'base64', media_type: mediaType, data: base64 } }
  }
  if (mediaType === 'application/pdf') {
    return {
      type: 'document',
      source: { type: 'base64', media_type: mediaType, data: base64 },
      ...title,
    }
  }
  if (mediaType === 'text/plain') {
    const data = Buffer.from(base64, 'base64').toString()
    return { type: 'document', source: { type: 'text', media_type: mediaType, data }, ...title }
  }
  throw unsupported(at, `Files of type ${mediaType} are not supported by this model.`)
}

export function writeCache(cache: Cache | null): JsonObject {
  if (cache === null) return {}
  const ttl = cache.ttl === null ? {} : { ttl: cache.ttl }
  return { cache_control: { type: 'ephemeral', ...ttl } }
}
