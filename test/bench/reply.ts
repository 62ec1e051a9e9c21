/** Replies as the load reads them off a raw socket: no more is looked at than what says whether one is whole. */

export function isGood(text: string): boolean {
  return text.startsWith(good)
}

/** Whether a reply is all there, by its length or its last chunk. */
export function isWhole(text: string): boolean {
  const head = text.indexOf('\r\n\r\n')
  if (head === -1) return false
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1]
  if (length === undefined) return text.endsWith(lastChunk)
  return text.length === head + 4 + Number(length)
}

const good = 'HTTP/1.1 200 '
const lastChunk = '\r\n0\r\n\r\n'
const firstToken = /"content":"[^"]/
/** No shorter than any of these: a cut may fall within them. */
const tailLength = 16

/** One streamed reply, from bytes that may be cut anywhere. */
export class StreamReader {
  /** Frames so far: each ends in a blank line. */
  frames = 0
  /** Whether output has begun. */
  flowing = false
  /** Whether the last chunk was read. */
  ended = false
  /** What came instead of a stream. */
  refusal: string | null = null
  #seen = 0
  #tail = ''

  push(bytes: Buffer): void {
    const before = this.#tail.length
    const text = this.#tail + bytes.toString('latin1')
    if (this.#seen < good.length && !text.startsWith(good.slice(0, text.length)))
      this.refusal = text
    this.#seen += bytes.length
    this.flowing ||= firstToken.test(text)
    this.ended = text.endsWith(lastChunk)
    let at = text.indexOf('\n\n', Math.max(0, before - 1))
    for (; at !== -1; at = text.indexOf('\n\n', at + 2)) this.frames++
    this.#tail = text.slice(-tailLength)
  }
}
