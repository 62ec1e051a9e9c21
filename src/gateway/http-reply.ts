/**
 * Reads one HTTP/1.1 reply from bytes that may be cut anywhere (RFC 9112 §6, §7): the head, then the body's pieces as
 * views of what came, never copied. What is not plainly one reply is an error: a smuggled second one must not exist.
 */
export interface ReplyHead {
  status: number
  /** Names in lower case; of a repeated one the last. */
  headers: Map<string, string>
}

export class BadReply extends Error {}

const longestHead = 64 * 1024
const longestLine = 1024
/** What says where the reply ends is said once. */
const framing = new Set(['content-length', 'transfer-encoding'])
const none: readonly Uint8Array[] = []

type State = 'head' | 'length' | 'size' | 'chunk' | 'chunk-end' | 'trailer' | 'until-close' | 'done'

export class ReplyReader {
  head: ReplyHead | null = null
  /** Whether the connection may carry another request after this reply. */
  keepAlive = false
  #state: State = 'head'
  #line = ''
  #left = 0

  get done(): boolean {
    return this.#state === 'done'
  }

  /** The body's pieces that these bytes hold. Bytes after the end are an error. */
  push(bytes: Uint8Array): readonly Uint8Array[] {
    let pieces: Uint8Array[] | null = null
    let at = 0
    while (at < bytes.length) {
      if (this.#state === 'done') throw new BadReply('bytes after the end of the reply')
      if (this.#state === 'length' || this.#state === 'chunk' || this.#state === 'until-close') {
        const piece = bytes.subarray(at, at + this.#left)
        at += piece.length
        this.#left -= piece.length
        pieces ??= []
        pieces.push(piece)
        if (this.#left === 0) this.#state = this.#state === 'chunk' ? 'chunk-end' : 'done'
        continue
      }
      at = this.#state === 'head' ? this.#readHead(bytes, at) : this.#readLine(bytes, at)
    }
    return pieces ?? none
  }

  /** The connection closed: the end of a reply without a length, and an error within any other. */
  close(): void {
    if (this.#state === 'until-close') this.#state = 'done'
    if (this.#state !== 'done')
      throw new BadReply('the connection closed before the reply was whole')
  }

  #readHead(bytes: Uint8Array, at: number): number {
    const before = this.#line.length
    const text = this.#line + latin1(bytes.subarray(at, at + longestHead))
    const end = text.indexOf('\r\n\r\n')
    if (end === -1) {
      if (text.length >= longestHead) throw new BadReply('the head is too long')
      this.#line = text
      return bytes.length
    }
    this.#line = ''
    this.#start(text.slice(0, end))
    return at + end + 4 - before
  }

  #start(head: string): void {
    const [first = '', ...lines] = head.split('\r\n')
    const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1] ?? Number.NaN)
    if (Number.isNaN(status)) throw new BadReply('not an HTTP/1.1 reply')
    const headers = new Map<string, string>()
    for (const line of lines) {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).toLowerCase()
      if (colon < 1 || name.trim() !== name) throw new BadReply('a header without a plain name')
      if (headers.has(name) && framing.has(name)) throw new BadReply(`two headers ${name}`)
      headers.set(name, line.slice(colon + 1).trim())
    }
    // 100 Continue and 103 Early Hints come before the reply itself.
    if (status < 200) return
    this.head = { status, headers }
    const connection = headers.get('connection')?.toLowerCase()
    this.keepAlive = first.startsWith('HTTP/1.1')
      ? connection !== 'close'
      : connection === 'keep-alive'
    this.#state = this.#bodyOf(status, headers)
    if (this.#state === 'until-close') this.keepAlive = false
  }

  #bodyOf(status: number, headers: Map<string, string>): State {
    const coding = headers.get('transfer-encoding')?.toLowerCase()
    const length = headers.get('content-length')
    if (coding !== undefined) {
      if (coding !== 'chunked' || length !== undefined) throw new BadReply('an unclear body length')
      return 'size'
    }
    if (status === 204 || status === 304) return 'done'
    if (length === undefined) {
      this.#left = Number.POSITIVE_INFINITY
      return 'until-close'
    }
    if (!/^\d{1,15}$/.test(length)) throw new BadReply('not a content-length')
    this.#left = Number(length)
    return this.#left === 0 ? 'done' : 'length'
  }

  #readLine(bytes: Uint8Array, at: number): number {
    const end = bytes.indexOf(10, at)
    this.#line += latin1(bytes.subarray(at, end === -1 ? bytes.length : end + 1))
    if (this.#line.length > longestLine) throw new BadReply('a line is too long')
    if (end === -1) return bytes.length
    const line = this.#line.trimEnd()
    this.#line = ''
    if (this.#state === 'size') {
      const size = /^([0-9a-fA-F]{1,8})(?:\s*;.*)?$/.exec(line)?.[1]
      if (size === undefined) throw new BadReply('not a chunk size')
      this.#left = Number.parseInt(size, 16)
      this.#state = this.#left === 0 ? 'trailer' : 'chunk'
    } else if (this.#state === 'chunk-end') {
      if (line !== '') throw new BadReply('a chunk is longer than it says')
      this.#state = 'size'
    } else if (line === '') this.#state = 'done'
    return end + 1
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
