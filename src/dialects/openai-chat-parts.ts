/** The content of OpenAI's messages: text, images, files, and the cache breakpoints on them. */
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import { type Cache, type MediaPart, refuse, type TextPart, unsupported } from './chat.ts'
import { textOf } from './parse.ts'

type ContentPart = TextPart | MediaPart

/** A message's parts in order. Empty text is dropped: providers refuse it, and filler would change the prompt. */
export function readParts(message: JsonObject, at: string): ContentPart[] {
  const { content } = message
  const parts: ContentPart[] = []
  if (content === undefined || content === null) return parts
  if (typeof content === 'string') {
    addText(parts, content, null, `${at}.content`)
  } else if (Array.isArray(content)) {
    for (const [index, part] of content.entries()) readPart(parts, part, `${at}.content[${index}]`)
  } else {
    throw refuse(`${at}.content`, 'content must be a string or a list of parts.')
  }
  // A mark on the message itself is meant for its last part.
  const last = parts.at(-1)
  if (last !== undefined) last.cache ??= readCache(message)
  return parts
}

/** The same where only text can stand: system and assistant messages. */
export function readText(message: JsonObject, at: string): TextPart[] {
  return readParts(message, at).map((part) => {
    if (part.type === 'text') return part
    throw unsupported(part.at, `A ${part.type} cannot stand in this message.`)
  })
}

function readPart(parts: ContentPart[], part: Json, at: string): void {
  if (!isObject(part)) throw refuse(at, 'A content part must be an object.')
  const cache = readCache(part)
  switch (part.type) {
    case 'text':
      addText(parts, part.text, cache, at)
      return
    case 'refusal':
      addText(parts, part.refusal, cache, at)
      return
    case 'image_url': {
      const url = isObject(part.image_url) ? part.image_url.url : part.image_url
      parts.push({
        type: 'image',
        source: readSource(url, `${at}.image_url.url`),
        name: null,
        cache,
        at,
      })
      return
    }
    case 'file': {
      const file = isObject(part.file) ? part.file : {}
      if (typeof file.file_id === 'string') {
        throw unsupported(`${at}.file.file_id`, 'Files by id are not supported: send file_data.')
      }
      const name = typeof file.filename === 'string' ? file.filename : null
      parts.push({
        type: 'file',
        source: readSource(file.file_data, `${at}.file.file_data`),
        name,
        cache,
        at,
      })
      return
    }
    default:
      throw unsupported(
        `${at}.type`,
        `Parts of type ${textOf(part.type)} are not supported by this model.`,
      )
  }
}

function addText(
  parts: ContentPart[],
  text: Json | undefined,
  cache: Cache | null,
  at: string,
): void {
  if (typeof text !== 'string') throw refuse(at, 'A text part needs its text.')
  if (text.trim() !== '') parts.push({ type: 'text', text, cache, at })
}

/** `data:` carries the bytes; any other address is passed on as it is. */
function readSource(url: Json | undefined, at: string): MediaPart['source'] {
  if (typeof url !== 'string') throw refuse(at, 'A URL is missing here.')
  if (/^https?:\/\//i.test(url)) return { url }
  const comma = url.indexOf(',')
  const head = /^data:([\w.+-]+\/[\w.+-]+)(?:;[^;,]*)*;base64$/i.exec(url.slice(0, comma))
  if (comma === -1 || head?.[1] === undefined) {
    throw refuse(at, 'The URL must be an https: address or a data: URL in base64.')
  }
  return { mediaType: head[1].toLowerCase(), base64: url.slice(comma + 1) }
}

/**
 * A breakpoint in Anthropic's words (`cache_control`) or OpenAI's (`prompt_cache_breakpoint`, which lives for at least
 * the time it names: more than five minutes is an hour).
 */
export function readCache(object: JsonObject): Cache | null {
  const { cache_control: control, prompt_cache_breakpoint: breakpoint } = object
  if (isObject(control)) {
    return { ttl: control.ttl === '1h' || control.ttl === '5m' ? control.ttl : null }
  }
  return isObject(breakpoint) ? { ttl: breakpoint.ttl === undefined ? null : '1h' } : null
}
