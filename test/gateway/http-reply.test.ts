/** One HTTP/1.1 reply from bytes cut anywhere (RFC 9112): what is not plainly one reply is an error. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { BadReply, ReplyReader } from '../../src/gateway/http-reply.ts'

/** Feeds the pieces, closes if asked; gives the status, the body and whether the connection may be kept. */
function read(pieces: Uint8Array[], close = false) {
  const reader = new ReplyReader()
  const body = pieces.flatMap((piece) => reader.push(piece).map((part) => Buffer.from(part)))
  if (close) reader.close()
  const { head, done, keepAlive } = reader
  return { status: head?.status, body: Buffer.concat(body).toString(), done, keepAlive }
}
const bytes = (text: string) => Buffer.from(text)
const reply = (...lines: string[]) => bytes(lines.join('\r\n'))

const chunked = reply(
  'HTTP/1.1 200 OK',
  'Transfer-Encoding: Chunked',
  '',
  '5',
  'hello',
  'A;x=y',
  ' wörld 12',
  '0',
  't: 1',
  '',
  '',
)
// biome-ignore format: a table is read by its rows
const good: [name: string, bytes: Uint8Array, status: number, body: string, keepAlive: boolean, close?: boolean][] = [
  ['a length', reply('HTTP/1.1 200 OK', 'content-length: 5', '', 'hello'), 200, 'hello', true],
  ['a length of 0', reply('HTTP/1.1 200 OK', 'Content-Length: 0', '', ''), 200, '', true],
  ['chunks, with an extension and a trailer', chunked, 200, 'hello wörld 12', true],
  ['no length: until the close', reply('HTTP/1.1 200 OK', '', 'hello'), 200, 'hello', false, true],
  ['connection: close', reply('HTTP/1.1 200 OK', 'connection: Close', 'content-length: 1', '', 'x'), 200, 'x', false],
  ['HTTP/1.0', reply('HTTP/1.0 200 OK', 'content-length: 1', '', 'x'), 200, 'x', false],
  ['100 and 103 before it', reply('HTTP/1.1 100 Continue', '', 'HTTP/1.1 103 Early Hints', 'link: x', '', 'HTTP/1.1 200', 'content-length: 1', '', 'x'), 200, 'x', true],
  ['204', reply('HTTP/1.1 204 No Content', '', ''), 204, '', true],
  ['no words after the status', reply('HTTP/1.1 429', 'content-length: 1', '', 'x'), 429, 'x', true],
]

test.each(good)(
  'a reply with %s, however it is cut',
  (_, whole, status, body, keepAlive, close = false) => {
    const expected = { status, body, keepAlive, done: true }
    expect(read([whole], close)).toEqual(expected)
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
        const at = [0, ...cuts.toSorted((a, b) => a - b), whole.length]
        expect(
          read(
            at.slice(1).map((end, index) => whole.subarray(at[index], end)),
            close,
          ),
        ).toEqual(expected)
      }),
    )
  },
)

// biome-ignore format: a table is read by its rows
test.each<[string, Uint8Array]>([
  ['no HTTP', reply('SSH-2.0-OpenSSH', '', '')],
  ['HTTP/2', reply('HTTP/2 200 OK', '', '')],
  ['a status of two digits', reply('HTTP/1.1 20 OK', '', '')],
  ['a header without a colon', reply('HTTP/1.1 200 OK', 'nonsense', '', '')],
  ['a header without a name', reply('HTTP/1.1 200 OK', ': x', '', '')],
  ['a blank before the colon', reply('HTTP/1.1 200 OK', 'Content-Length : 5', '', 'hello')],
  ['a folded line', reply('HTTP/1.1 200 OK', 'x: a', ' content-length: 1', '', 'x')],
  ['a length and chunks', reply('HTTP/1.1 200 OK', 'content-length: 5', 'transfer-encoding: chunked', '', '0', '', '')],
  ['two lengths', reply('HTTP/1.1 200 OK', 'content-length: 1', 'content-length: 5', '', 'hello')],
  ['two codings', reply('HTTP/1.1 200 OK', 'transfer-encoding: gzip', 'transfer-encoding: chunked', '', '0', '', '')],
  ['another coding', reply('HTTP/1.1 200 OK', 'transfer-encoding: gzip, chunked', '', '0', '', '')],
  ['a length that is none', reply('HTTP/1.1 200 OK', 'content-length: 5, 5', '', 'hello')],
  ['a negative length', reply('HTTP/1.1 200 OK', 'content-length: -1', '', '')],
  ['a huge length', reply('HTTP/1.1 200 OK', 'content-length: 9999999999999999', '', '')],
  ['a chunk size that is none', reply('HTTP/1.1 200 OK', 'transfer-encoding: chunked', '', '0x5', 'hello')],
  ['a chunk longer than it says', reply('HTTP/1.1 200 OK', 'transfer-encoding: chunked', '', '4', 'hello', '0', '', '')],
  ['an endless chunk line', bytes(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;${'x'.repeat(2_000)}`)],
  ['an endless head', bytes(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(70_000)}`)],
  ['a second reply behind it', reply('HTTP/1.1 200 OK', 'content-length: 1', '', 'xHTTP/1.1 200 OK')],
])('%s is no reply', (_, whole) => {
  expect(() => read([whole])).toThrow(BadReply)
})

describe('a connection that closes early', () => {
  test.each(good.filter(([, , , , , close]) => !close))('within %s', (_, whole) => {
    for (let at = 0; at < whole.length; at++) {
      expect(() => read([whole.subarray(0, at)], true)).toThrow(BadReply)
    }
  })
})

test('no bytes make it hang or give more than came', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => {
      const head = reply('HTTP/1.1 200 OK', 'transfer-encoding: chunked', '', '')
      try {
        const { body } = read([head, ...pieces])
        expect(body.length).toBeLessThanOrEqual(Buffer.concat(pieces).length)
      } catch (cause) {
        expect(cause).toBeInstanceOf(BadReply)
      }
    }),
  )
})
