/** Server-sent events: frames are the same however the bytes are cut, and what never ends is refused. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type SseFrame, SseReader, SseTooLarge, sseFrame } from '../../src/base/sse.ts'

fc.configureGlobal({ seed: 5 })

function read(...chunks: (string | Uint8Array)[]): SseFrame[] {
  const reader = new SseReader()
  const frames = chunks.flatMap((chunk) => reader.push(Buffer.from(chunk as string)))
  return [...frames, ...reader.end()]
}

const data = (text: string, event: string | null = null) => ({ event, data: text })

describe('a stream of events', () => {
  test.each<[string, string, SseFrame[]]>([
    ['one frame', 'data: a\n\n', [data('a')]],
    ['an event with a name', 'event: ping\ndata: a\n\ndata: b\n\n', [data('a', 'ping'), data('b')]],
    ['no space after the colon', 'data:a\n\n', [data('a')]],
    ['only one space is taken', 'data:  a\n\n', [data(' a')]],
    ['several data lines', 'data: a\ndata\ndata: b\n\n', [data('a\n\nb')]],
    [
      'carriage returns',
      'data: a\r\n\r\ndata: b\r\rdata: c\n\n',
      [data('a'), data('b'), data('c')],
    ],
    ['comments', ': keep-alive\n\n: x\ndata: a\n\n', [data('a')]],
    ['fields that mean nothing here', 'id: 1\nretry: 5\nfoo\ndata: a\n\n', [data('a')]],
    ['a name without data', 'event: ping\n\ndata: a\n\n', [data('a')]],
    ['blank lines alone', '\n\n\n', []],
    ['a last frame that only the close completes', 'data: a', [data('a')]],
  ])('with %s', (_, text, frames) => {
    expect(read(text)).toEqual(frames)
  })

  test('reads the same wherever it is cut', () => {
    const piece = fc.constantFrom(
      'data: 世界\n',
      'data: 👋🏽',
      ':c',
      'event: e',
      '\n',
      '\n\n',
      '\r\n',
      '\r',
      'é',
    )
    const stream = fc.array(piece, { maxLength: 12 }).map((pieces) => Buffer.from(pieces.join('')))
    fc.assert(
      fc.property(stream, fc.array(fc.nat(100), { maxLength: 5 }), (bytes, places) => {
        const cuts = [
          0,
          ...places.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b),
          bytes.length,
        ]
        const chunks = cuts.slice(1).map((to, index) => bytes.subarray(cuts[index], to))
        expect(read(...chunks)).toEqual(read(bytes))
      }),
    )
  })

  test('is refused when a frame has no end', () => {
    const reader = new SseReader()
    const endless = Buffer.from(`data: ${'x'.repeat(1024 * 1024)}`)
    expect(() => {
      for (let count = 0; count < 9; count++) reader.push(endless)
    }).toThrow(SseTooLarge)
    const lines = new SseReader()
    expect(() => {
      for (let count = 0; count < 9; count++) lines.push(Buffer.from(`${endless}\n`))
    }).toThrow(SseTooLarge)
  })
})

test('a frame that is written is read back', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom(null, 'message_stop'), (json, event) => {
      const text = JSON.stringify(JSON.parse(json))
      expect(read(sseFrame(text, event))).toEqual([data(text, event)])
    }),
  )
})
