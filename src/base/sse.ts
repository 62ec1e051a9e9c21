/**
 * Server-sent events, read from bytes that may be cut anywhere (inside a UTF-8 character, inside `\r\n`) and written
 * back. Comments are skipped. A frame that never ends is refused at `maxFrameChars`, so memory stays bounded.
 */
export interface SseFrame {
  event: string | null
  data: string
}

const maxFrameChars = 8 * 1024 * 1024

export class SseTooLarge extends Error {}

/** Feeds on bytes, gives whole frames. `end()` gives the frame that the stream's close completes, if any. */
export class SseReader {
  #decoder = new TextDecoder()
  #rest = ''
  #event: string | null = null
  #data: string | null = null

  push(bytes: Uint8Array): SseFrame[] {
    return this.#feed(this.#decoder.decode(bytes, { stream: true }))
  }

  end(): SseFrame[] {
    return this.#feed(`${this.#decoder.decode()}\n\n`)
  }

  #feed(text: string): SseFrame[] {
    const frames: SseFrame[] = []
    const all = this.#rest + text
    const lineEnd = all.includes('\r') ? firstOfBoth : firstFeed
    let from = 0
    for (;;) {
      const at = lineEnd(all, from)
      if (at === -1) break
      // A lone `\r` at the very end may be the first half of `\r\n`: wait for the next byte.
      if (all[at] === '\r' && at + 1 === all.length) break
      this.#line(all.slice(from, at), frames)
      from = all[at] === '\r' && all[at + 1] === '\n' ? at + 2 : at + 1
    }
    this.#rest = all.slice(from)
    if (this.#rest.length + (this.#data?.length ?? 0) > maxFrameChars)
      throw new SseTooLarge('SSE frame')
    return frames
  }

  #line(line: string, frames: SseFrame[]): void {
    if (line === '') {
      if (this.#data !== null) frames.push({ event: this.#event, data: this.#data })
      this.#event = null
      this.#data = null
      return
    }
    const colon = line.indexOf(':')
    if (colon === 0) return
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (name === 'data') this.#data = this.#data === null ? value : `${this.#data}\n${value}`
    else if (name === 'event') this.#event = value
  }
}

const firstFeed = (text: string, from: number) => text.indexOf('\n', from)

function firstOfBoth(text: string, from: number): number {
  const feed = text.indexOf('\n', from)
  const carriage = text.indexOf('\r', from)
  if (feed === -1) return carriage
  return carriage === -1 || feed < carriage ? feed : carriage
}

/** One frame as it goes out: `data: …` and a blank line. JSON text has no line breaks, so one line is enough. */
export function sseFrame(data: string, event: string | null = null): string {
  return event === null ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`
}
