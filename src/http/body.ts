/**
 * Reads a request's JSON body once, with limits: bytes, depth, number of fields; UTF-8 and an object or a refusal. It is
 * on every call's way, so the usual body costs no more than decoding and one `JSON.parse`.
 */
import { AppError } from '../base/error.ts'
import { isObject, type Json, type JsonObject } from '../base/json.ts'

export interface JsonBody {
  value: JsonObject
  bytes: number
}

const deepest = 64
const mostFields = 100_000
/** A shorter body cannot hold enough fields to be a burden. */
const harmlessChars = 64 * 1024
const strict = new TextDecoder('utf-8', { fatal: true })

/** Refuses with `body_too_large`, `invalid_json` or `invalid_request`; the words never repeat the body. */
export async function readJson(request: Request, limitBytes: number): Promise<JsonBody> {
  const encoding = request.headers.get('content-encoding')
  if (encoding !== null && encoding !== 'identity') {
    throw new AppError('invalid_request', {
      message: 'Send the body uncompressed, without content-encoding.',
    })
  }
  const bytes = await readBytes(request, limitBytes)
  const text = decode(bytes)
  checkShape(text)
  const value = parse(text)
  if (!isObject(value)) {
    throw new AppError('invalid_request', { message: 'The body must be a JSON object.' })
  }
  return { value, bytes: bytes.byteLength }
}

/** The body as it came. A declared length binds the sender (HTTP's framing); without one, bytes are counted. */
export async function readBytes(request: Request, limitBytes: number): Promise<Uint8Array> {
  const declared = request.headers.get('content-length')
  if (declared !== null) {
    if (Number(declared) > limitBytes) throw tooLarge(limitBytes)
    return request.bytes()
  }
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of request.body ?? []) {
    length += chunk.byteLength
    if (length > limitBytes) throw tooLarge(limitBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

export function tooLarge(limitBytes: number): AppError {
  return new AppError('body_too_large', {
    message: `The body is larger than the ${limitBytes} bytes that this server accepts.`,
    headers: { connection: 'close' },
  })
}

function decode(bytes: Uint8Array): string {
  try {
    return strict.decode(bytes)
  } catch {
    throw new AppError('invalid_json', { message: 'The body is not valid UTF-8.' })
  }
}

function parse(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    throw new AppError('invalid_json')
  }
}

/** Depth and fields, counted outside of strings before anything is built. Most bodies are too small to need a look. */
function checkShape(text: string): void {
  if (text.length <= harmlessChars && !mayBeDeep(text)) return
  let depth = 0
  let fields = 0
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at)
    if (char === 0x22) at = endOfString(text, at)
    else if (char === 0x7b || char === 0x5b) depth++
    else if (char === 0x7d || char === 0x5d) depth--
    else if (char === 0x3a) fields++
    if (depth > deepest) throw refuse(`nested deeper than ${deepest} levels`)
    if (fields > mostFields) throw refuse(`larger than ${mostFields} fields`)
  }
}

function refuse(what: string): AppError {
  return new AppError('invalid_request', { message: `The body is ${what}.` })
}

function mayBeDeep(text: string): boolean {
  let opened = 0
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      if (++opened > deepest) return true
    }
  }
  return false
}

/** Where the string that opens at `from` closes: the first quote after an even number of backslashes. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0
    while (text.charCodeAt(at - 1 - slashes) === 0x5c) slashes++
    if (slashes % 2 === 0) return at
  }
  return text.length
}
