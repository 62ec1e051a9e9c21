/** A customer's webhook calls her own public server, and nothing of ours [operations.md §3, outbound]. */
import { afterAll, expect, test } from 'bun:test'
import { AppError } from '../../src/base/error.ts'
import { post, readTarget } from '../../src/notice/target.ts'

const requests: Request[] = []
const receiver = Bun.serve({
  ...{ hostname: '127.0.0.1', port: 0 },
  fetch: (request): Response => {
    requests.push(request.clone() as Request)
    const { pathname } = new URL(request.url)
    if (pathname === '/elsewhere') return Response.redirect('/taken', 307)
    if (pathname === '/endless') return new Response(endless())
    return new Response('ok', { status: Number(pathname.slice(1)) || 200 })
  },
})
afterAll(() => receiver.stop(true))

let pieces = 0
function endless(): ReadableStream {
  return new ReadableStream({
    pull: async (controller) => {
      await Bun.sleep(1)
      pieces++
      controller.enqueue(new Uint8Array(64 * 1024))
    },
  })
}

const message = { headers: { 'webhook-id': 'dlv_1' }, body: '{}' }
const at = (path: string) => `http://hook.example.com:${receiver.port}${path}`
/** As if the name had these addresses. */
const named = (...addresses: string[]) => ({
  allowPrivate: false,
  resolve: async () => addresses,
})
const loopback = { ...named('127.0.0.1'), allowPrivate: true }

test.each([
  ['http://example.com/hook', 'It must begin with https://.'],
  ['ftp://example.com/hook', 'Write an address such as https://example.com/hook.'],
  ['example.com', 'Write an address such as https://example.com/hook.'],
  [
    `https://example.com/${'a'.repeat(2_000)}`,
    'Write an address such as https://example.com/hook.',
  ],
  ['https://user:password@example.com/', 'Without a user and password.'],
  ['https://localhost/', 'It must be a public address.'],
  ['https://127.0.0.1/', 'It must be a public address.'],
  ['https://127.1/', 'It must be a public address.'],
  ['https://2130706433/', 'It must be a public address.'],
  ['https://0x7f000001/', 'It must be a public address.'],
  ['https://0177.0.0.1/', 'It must be a public address.'],
  ['https://0.0.0.0/', 'It must be a public address.'],
  ['https://10.1.2.3/', 'It must be a public address.'],
  ['https://169.254.169.254/latest/meta-data', 'It must be a public address.'],
  ['https://[::1]/', 'It must be a public address.'],
  ['https://[::ffff:127.0.0.1]/', 'It must be a public address.'],
  ['https://[fd00::1]/', 'It must be a public address.'],
  ['https://metadata.google.internal/', 'It must be a public address.'],
])('%s is refused', (url, message) => {
  expect(() => readTarget(url, false)).toThrow(
    new AppError('invalid_request', { param: 'url', message }),
  )
})

test('a public address is taken without what is after #', () => {
  expect(readTarget('https://Example.com/hook?a=1#top', false).href).toBe(
    'https://example.com/hook?a=1',
  )
})

test.each([
  ['private', ['127.0.0.1']],
  ['private, written as IPv6', ['::ffff:7f00:1']],
  ['public, and another that is private', ['203.0.113.7', '10.0.0.1']],
])('a name whose address is %s is not called', async (_what, addresses) => {
  const before = requests.length
  const url = at('/').replace('http:', 'https:')
  expect(await post(url, message, named(...addresses))).toEqual({
    ...{ status: null, error: 'not a public address', final: true },
  })
  expect(requests).toHaveLength(before)
})

test('without the switch nothing is sent in the clear', async () => {
  const before = requests.length
  expect((await post(at('/'), message, named('203.0.113.7'))).final).toBe(true)
  expect(requests).toHaveLength(before)
})

test('the address that was checked is the one that is called, by the name that was given', async () => {
  let asked = 0
  const resolve = async () => (asked++ === 0 ? ['127.0.0.1'] : ['192.0.2.1'])
  expect(await post(at('/hook?a=1'), message, { allowPrivate: true, resolve })).toEqual({
    ...{ status: 200, error: null, final: false },
  })
  expect(asked).toBe(1)
  const got = requests.at(-1) as Request
  expect(got.headers.get('host')).toBe(`hook.example.com:${receiver.port}`)
  expect(got.headers.get('webhook-id')).toBe('dlv_1')
  expect(got.headers.get('content-type')).toBe('application/json')
  expect(new URL(got.url).search).toBe('?a=1')
})

test.each([
  ['/200', { status: 200, error: null, final: false }],
  ['/202', { status: 202, error: null, final: false }],
  ['/400', { status: 400, error: 'answered 400', final: false }],
  ['/410', { status: 410, error: 'answered 410', final: true }],
  ['/503', { status: 503, error: 'answered 503', final: false }],
  ['/elsewhere', { status: 307, error: 'redirects are not followed', final: true }],
])('what answers at %s', async (path, expected) => {
  const before = requests.length
  expect(await post(at(path), message, loopback)).toEqual(expected)
  expect(requests).toHaveLength(before + 1)
})

test('an answer without end is not read', async () => {
  expect((await post(at('/endless'), message, loopback)).status).toBe(200)
  expect(pieces).toBeLessThan(64)
})

test.each([
  ['nobody listens', { ...loopback }, 'http://hook.example.com:1/'],
  [
    'the name is unknown',
    { ...loopback, resolve: () => Promise.reject(new Error('ENOTFOUND')) },
    at('/'),
  ],
  ['the name has no address', { ...loopback, resolve: async () => [] }, at('/')],
])('where %s it is tried again', async (_what, way, url) => {
  const { status, error, final } = await post(url, message, way)
  expect({ status, final }).toEqual({ status: null, final: false })
  expect(error).toStartWith('no answer: ')
})
