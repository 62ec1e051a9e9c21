/**
 * Bytes that came before anyone wanted them, in their order. Upstreams send a token at a time: small pieces are joined, since
 * a view of each would take more room than what it shows and keep the whole of what it was cut from. What waits for long is
 * packed: a client that never reads then costs a tenth.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'

const blockBytes = 16 * 1024

export class Backlog {
  #pieces: Uint8Array[] = []
  /** Behind all pieces: what small ones are being joined in. */
  #block: Buffer | null = null
  #used = 0
  /** In front of all pieces. */
  #packed: Uint8Array | null = null
  bytes = 0

  push(piece: Uint8Array): void {
    const alone = this.bytes === 0
    this.bytes += piece.length
    if (alone || piece.length > blockBytes / 4) {
      this.#closeBlock()
      this.#pieces.push(piece)
      return
    }
    if (this.#used + piece.length > blockBytes) this.#closeBlock()
    this.#block ??= Buffer.allocUnsafeSlow(blockBytes)
    this.#block.set(piece, this.#used)
    this.#used += piece.length
  }

  /** The first of them, at most a block: what becomes of a piece on its way to the client is a multiple of it. Null when none waits. */
  take(): Uint8Array | null {
    if (this.#packed !== null) {
      this.#pieces.unshift(inflateRawSync(this.#packed))
      this.#packed = null
    }
    if (this.#pieces.length === 0) this.#closeBlock()
    const first = this.#pieces[0]
    if (first === undefined) return null
    const piece = first.length > blockBytes ? first.subarray(0, blockBytes) : first
    if (piece === first) this.#pieces.shift()
    else this.#pieces[0] = first.subarray(blockBytes)
    this.bytes -= piece.length
    return piece
  }

  /** Packs what waits, once and if it is worth it. */
  pack(): void {
    if (this.#packed !== null || this.bytes <= blockBytes) return
    this.#closeBlock()
    this.#packed = deflateRawSync(Buffer.concat(this.#pieces), { level: 1 })
    this.#pieces = []
  }

  #closeBlock(): void {
    if (this.#block === null) return
    this.#pieces.push(this.#block.subarray(0, this.#used))
    this.#block = null
    this.#used = 0
  }
}
