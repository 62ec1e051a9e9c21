/** What Bun 1.4.5's server and Elysia 1.4.30 do of themselves; `test/http` shows that ours does not. */
import { afterAll, describe, expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { Elysia, t } from 'elysia'
import { sendRaw } from '../http/open.ts'
import { runScript } from './child.ts'

const servers: { stop(force: boolean): unknown }[] = []
afterAll(() => Promise.all(servers.map((server) => server.stop(true))))

describe('Elysia', () => {
  test('looks for the path from character 11 on, so that a short Host hides its beginning', async () => {
    const open = new Elysia().get('/secret', () => 'found')
    const ours = new Elysia({ handler: { standardHostname: false } }).get('/secret', () => 'found')
    const statuses = async (app: { handle(request: Request): Promise<Response> }) =>
      (await app.handle(new Request('http://a/xx/secret'))).status
    expect(await statuses(open)).toBe(200)
    expect(await statuses(ours)).toBe(404)
  })

  test('repeats a refused body, the password with it, as 422', async () => {
    const app = new Elysia().post('/', () => '', {
      body: t.Object({ password: t.String({ minLength: 9 }) }),
    })
    const headers = { 'content-type': 'application/json' }
    const body = '{"password":"hunter2"}'
    const reply = await app.handle(
      new Request('http://localhost/', { method: 'POST', headers, body }),
    )
    expect(reply.status).toBe(422)
    expect(await reply.text()).toContain('hunter2')
  })

  test('does not read JSON that has no content type', async () => {
    const app = new Elysia().post('/', ({ body }) => typeof body, {
      body: t.Object({ a: t.Number() }),
    })
    const request = new Request('http://localhost/', {
      method: 'POST',
      body: new TextEncoder().encode('{"a":1}'),
    })
    expect((await app.handle(request)).status).toBe(422)
  })

  test('drops body fields that the schema does not name', async () => {
    const app = new Elysia().post('/', ({ body }) => body, { body: t.Object({ a: t.Number() }) })
    const headers = { 'content-type': 'application/json' }
    const request = new Request('http://localhost/', {
      method: 'POST',
      headers,
      body: '{"a":1,"b":2}',
    })
    expect(await (await app.handle(request)).json()).toEqual({ a: 1 })
  })

  test('tells the client what was thrown', async () => {
    const app = new Elysia().get('/', () => {
      throw new Error('hunter2')
    })
    expect(await (await app.handle(new Request('http://localhost/'))).text()).toContain('hunter2')
  })
})

describe('when the reader of a full stream leaves, an error in the clean-up', () => {
  const script = (handler: string) => `
    const { Elysia } = await import('elysia')
    process.on('unhandledRejection', (error) => process.stdout.write('unhandled ' + error.message + ' '))
    const big = 'x'.repeat(256 * 1024)
    const app = new Elysia().get('/', ${handler}).get('/alive', () => 'alive')
    app.listen({ port: 0, hostname: '127.0.0.1' })
    const url = 'http://127.0.0.1:' + app.server.port
    const controller = new AbortController()
    const reply = await fetch(url, { signal: controller.signal })
    await reply.body.getReader().read()
    controller.abort()
    await Bun.sleep(100)
    process.stdout.write(await (await fetch(url + '/alive')).text())
    process.exit()`

  test('of an async generator is caught by nothing of Elysia’s', async () => {
    const handler = `async function* () {
      try { for (;;) { yield big; await Bun.sleep(0) } } finally { throw new Error('bug') }
    }`
    expect((await runScript(script(handler))).out).toBe('unhandled bug alive')
  })

  test('of a Response over a ReadableStream is its own to catch', async () => {
    const handler = `() => new Response(new ReadableStream({
      pull: async (to) => { await Bun.sleep(0); to.enqueue(big) },
      cancel: () => Promise.reject(new Error('bug')).catch(() => process.stdout.write('caught ')),
    }))`
    expect((await runScript(script(handler))).out).toBe('caught alive')
  })
})

describe('Bun’s server', () => {
  test('answers 413 without a word beyond its own limit', async () => {
    const server = Bun.serve({ port: 0, maxRequestBodySize: 10, fetch: () => new Response('') })
    servers.push(server)
    const answer = await sendRaw(
      server.port!,
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 11\r\n\r\nhello world',
    )
    expect(answer).toStartWith('HTTP/1.1 413')
    expect(answer).toEndWith('\r\n\r\n')
  })

  test('has no second one on its port unless both share it', () => {
    const first = Bun.serve({ port: 0, fetch: () => new Response('first') })
    servers.push(first)
    const second = (reusePort: boolean) => () =>
      Bun.serve({ port: first.port!, reusePort, fetch: () => new Response('') })
    expect(second(false)).toThrow()
    const [one, two] = [0, 0].map((_, at) => {
      const port = at === 0 ? 0 : (servers.at(-1) as Bun.Server<undefined>).port!
      const server = Bun.serve({ port, reusePort: true, fetch: () => new Response('') })
      servers.push(server)
      return server.port
    })
    expect(two).toBe(one!)
  })

  test('cuts who is silent too long, unless told not to for that request', async () => {
    const server = Bun.serve({
      port: 0,
      idleTimeout: 1,
      fetch: async (request, self) => {
        if (request.url.endsWith('/patient')) self.timeout(request, 0)
        await Bun.sleep(6_000)
        return new Response('answered')
      },
    })
    servers.push(server)
    const ask = (path: string) =>
      fetch(`http://127.0.0.1:${server.port}${path}`).then(
        (reply) => reply.text(),
        () => 'cut',
      )
    expect(await Promise.all([ask('/'), ask('/patient')])).toEqual(['cut', 'answered'])
  }, 15_000)
})

test.if(process.platform === 'linux')(
  'a stream through a proxy takes two descriptors',
  async () => {
    const streams = 20
    const never = () =>
      new Response(new ReadableStream({ start: (to) => to.enqueue(new Uint8Array([1])) }))
    const upstream = Bun.serve({ port: 0, idleTimeout: 0, fetch: never })
    servers.push(upstream)
    const proxy = Bun.spawn(
      [
        process.execPath,
        '-e',
        `const server = Bun.serve({ port: 0, idleTimeout: 0, fetch: () => fetch('http://127.0.0.1:${upstream.port}') })
       process.stdout.write(String(server.port))`,
      ],
      { stdout: 'pipe', stdin: 'ignore' },
    )
    const { value } = await proxy.stdout.getReader().read()
    const url = `http://127.0.0.1:${new TextDecoder().decode(value)}`
    const open = async () => (await fetch(url)).body?.getReader().read()
    await open()
    const descriptors = () => readdirSync(`/proc/${proxy.pid}/fd`).length
    const before = descriptors()
    await Promise.all(Array.from({ length: streams }, open))
    expect(descriptors() - before).toBe(2 * streams)
    proxy.kill()
    await proxy.exited
  },
)
