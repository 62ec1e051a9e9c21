import { describe, expect, test } from 'bun:test'
import { t } from 'elysia'
import { AppError } from '../../src/base/error.ts'
import type { Facts, Logger } from '../../src/base/log.ts'
import { silentLog } from '../../src/base/log.ts'
import { startHttp } from '../../src/http/server.ts'
import { strictBodies } from '../../src/http/strict.ts'
import { bodyLimitBytes, open, sendRaw } from './open.ts'

const lines: { event: string; facts: Facts | undefined }[] = []
const note = (event: string, facts?: Facts) => lines.push({ event, facts })
const log: Logger = { ...silentLog, error: note, info: note }

const { url, port } = open(
  (http) =>
    http
      .use(strictBodies)
      .get('/api/v1/models', () => new Response('models'))
      .get('/api/v1/models/*', () => new Response('a model'))
      .get('/api/v1/boom', () => {
        throw new Error('the password is hunter2')
      })
      .get('/api/v1/refused', () => {
        throw new AppError('insufficient_credits', { cause: new Error('hunter2') })
      })
      .get('/api/v1/admins-own', () => {
        throw new AppError('role_not_allowed')
      })
      .get('/page', () => new Response('page'))
      .post('/api/v1/log-in', ({ body }) => new Response(typeof body.password), {
        parse: 'strict',
        body: t.Object({
          password: t.String({ minLength: 10 }),
          mail: t.String({ format: 'email' }),
        }),
      }),
  log,
)

async function ask(path: string, init?: RequestInit) {
  const reply = await fetch(url + path, init)
  const text = await reply.text()
  const json = reply.headers.get('content-type') === 'application/json' ? JSON.parse(text) : null
  return { status: reply.status, headers: reply.headers, text, error: json?.error ?? null }
}

describe('the name in Host', () => {
  test.each([
    ['127.0.0.1', true],
    ['localhost:1', true],
    ['[::1]:8080', true],
    ['ai.example.com', true],
    ['AI.Example.com:443', true],
    ['evil.example', false],
    ['ai.example.com.evil.example', false],
    ['localhost.evil.example', false],
    ['169.254.169.254', false],
    ['a', false],
    ['ab', false],
    ['abc', false],
    ['ai.example.com/api', false],
    ['ai.example.com@evil.example', false],
    ['', false],
  ])('%p is served: %p', async (host, served) => {
    const answer = await sendRaw(port, `GET /page HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
    expect(answer).toStartWith(served ? 'HTTP/1.1 200' : 'HTTP/1.1 400')
  })

  test('is refused in the shape of an API error', async () => {
    const { error } = await ask('/page', { headers: { host: 'evil.example' } })
    expect(error).toMatchObject({ type: 'invalid_request_error', code: 'invalid_host' })
  })

  test('given twice is refused', async () => {
    const answer = await sendRaw(
      port,
      'GET /page HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n',
    )
    expect(answer).not.toStartWith('HTTP/1.1 200')
  })

  test('as any address in numbers is served by a server that listens on all of them', async () => {
    const everywhere = open((http) => http.get('/', () => new Response('ok')), silentLog, '0.0.0.0')
    const statusFor = async (host: string) =>
      (await sendRaw(everywhere.port, `GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`)).slice(9, 12)
    expect(await statusFor('192.0.2.7:8080')).toBe('200')
    expect(await statusFor('[2001:db8::7]')).toBe('200')
    expect(await statusFor('evil.example')).toBe('400')
  })
})

describe('what is not there', () => {
  test.each(['/api/v1/nothing', '/v1/nothing', '/v1', '/api/v2/models', '/api'])(
    '%s is told in JSON',
    async (path) => {
      const { status, error, headers } = await ask(path)
      expect(status).toBe(404)
      expect(error).toEqual({
        message: 'There is nothing at this address. /swagger lists what there is.',
        type: 'invalid_request_error',
        param: null,
        code: 'not_found',
      })
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('x-request-id')).toStartWith('req_')
    },
  )

  test('a program that forgot /api/v1 is told in JSON', async () => {
    const { status, error } = await ask('/chat/completions', { method: 'POST', body: '{}' })
    expect([status, error.code]).toEqual([404, 'not_found'])
  })

  test('/nothing is a page', async () => {
    const { status, headers, text } = await ask('/nothing')
    expect(status).toBe(404)
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(text).toContain('nothing at this address')
  })

  test.each([
    ['DELETE', '/api/v1/models', 'GET'],
    ['PUT', '/api/v1/models/demo/slow', 'GET'],
    ['GET', '/api/v1/log-in', 'POST'],
    ['PROPFIND', '/api/v1/models', 'GET'],
  ])('%s %s says which methods there are', async (method, path, allow) => {
    const { status, headers, error } = await ask(path, { method })
    expect([status, headers.get('allow'), error.code]).toEqual([405, allow, 'method_not_allowed'])
  })

  test('TRACE echoes nothing', async () => {
    const answer = await sendRaw(
      port,
      'TRACE /api/v1/models HTTP/1.1\r\nhost: localhost\r\ncookie: secret\r\n\r\n',
    )
    expect(answer).toStartWith('HTTP/1.1 405')
    expect(answer).not.toContain('secret')
  })

  test('HEAD is answered where GET is', async () => {
    expect((await ask('/page', { method: 'HEAD' })).status).toBe(200)
  })
})

describe('a request whose end is in doubt is refused, and its connection ends', () => {
  const smuggled = 'GET /page HTTP/1.1\r\nhost: localhost\r\n\r\n'
  test.each([
    ['a length and chunks', `content-length: ${5 + smuggled.length}\r\ntransfer-encoding: chunked`],
    ['two lengths', `content-length: 5\r\ncontent-length: ${5 + smuggled.length}`],
    ['a coding that is no framing', 'transfer-encoding: identity, chunked'],
    ['a blank in a name', 'transfer-encoding : chunked'],
    ['a length with a sign', 'content-length: +5'],
  ])('%s', async (_, framing) => {
    const head = `POST /api/v1/log-in HTTP/1.1\r\nhost: localhost\r\n${framing}\r\n\r\n`
    const answer = await sendRaw(port, `${head}0\r\n\r\n${smuggled}`)
    expect(answer).toStartWith('HTTP/1.1 400')
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
  })
})

describe('what was thrown', () => {
  test('a bug tells the client nothing and the log everything, under one id', async () => {
    const { status, error, text, headers } = await ask('/api/v1/boom')
    expect([status, error.code]).toEqual([500, 'internal_error'])
    expect(text).not.toContain('hunter2')
    const line = lines.at(-1)
    expect(line?.facts).toMatchObject({
      request: headers.get('x-request-id'),
      path: '/api/v1/boom',
    })
    expect(String(line?.facts?.cause)).toContain('hunter2')
  })

  test('who reaches for what her role does not allow is on record', async () => {
    await ask('/api/v1/admins-own')
    expect(lines.at(-1)).toMatchObject({
      event: 'http.refused',
      facts: { method: 'GET', path: '/api/v1/admins-own', code: 'role_not_allowed' },
    })
  })

  test('a refusal goes out as its table says, without its cause', async () => {
    const { status, error, text, headers } = await ask('/api/v1/refused')
    expect([status, error.type, error.code]).toEqual([
      402,
      'insufficient_quota',
      'insufficient_credits',
    ])
    expect(headers.get('x-should-retry')).toBe('false')
    expect(text).not.toContain('hunter2')
  })
})

describe('a body that a route has a schema for', () => {
  const post = (body: string, headers = {}) =>
    ask('/api/v1/log-in', { method: 'POST', body, headers })

  test('is read without a content type', async () => {
    const { status, text } = await post('{"password":"long enough","mail":"ann@example.com"}')
    expect([status, text]).toEqual([200, 'string'])
  })

  test('is refused by naming the field, never by repeating what was in it', async () => {
    const { status, error, text } = await post('{"password":"hunter2","mail":"ann@example.com"}')
    expect([status, error.param, error.code]).toEqual([400, 'password', 'invalid_request'])
    expect(text).not.toContain('hunter2')
  })

  test.each([
    ['not JSON', '{"password":"hunter2', 'invalid_json'],
    ['not an object', '["hunter2"]', 'invalid_request'],
    ['nothing', '', 'invalid_json'],
  ])('is refused when it is %s', async (_, body, code) => {
    const { status, error, text } = await post(body)
    expect([status, error.code]).toEqual([400, code])
    expect(text).not.toContain('hunter2')
  })

  test('is refused compressed', async () => {
    expect((await post('x', { 'content-encoding': 'gzip' })).status).toBe(400)
  })
})

describe('a body that is too large', () => {
  test('is refused by its declared length, before it is read, and the connection ends', async () => {
    const head = `POST /api/v1/log-in HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${bodyLimitBytes + 1}\r\n\r\n`
    const answer = await sendRaw(port, head)
    expect(answer).toStartWith('HTTP/1.1 413')
    expect(answer.toLowerCase()).toContain('connection: close')
    expect(answer).toContain('"code":"body_too_large"')
  })

  test('is refused in pieces too, once they are too many', async () => {
    const piece = `${(500_000).toString(16)}\r\n${'x'.repeat(500_000)}\r\n`
    const head =
      'POST /api/v1/log-in HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n'
    expect(await sendRaw(port, head + piece + piece + piece)).toContain('"code":"body_too_large"')
  })
})

test('an address that is taken stops the start with one clear sentence', () => {
  const start = () =>
    open(() => {}).http.server && startHttp(open(() => {}).http, { hostname: '127.0.0.1', port })
  expect(start).toThrow(`The address 127.0.0.1:${port} cannot be listened on.`)
})
