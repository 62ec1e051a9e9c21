/** What `fetch` of Bun 1.4.5 does that the gateway is built around. Run again at every upgrade. */
import { afterAll, describe, expect, test } from 'bun:test'
import { runScript } from './child.ts'

const servers: { stop(force: boolean): unknown }[] = []
afterAll(() => Promise.all(servers.map((server) => server.stop(true))))

function serve(
  fetch: (request: Request, server: Bun.Server<undefined>) => Response | Promise<Response>,
) {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, idleTimeout: 0, fetch })
  servers.push(server)
  return { server, url: `http://127.0.0.1:${server.port}` }
}

describe('requests in flight', () => {
  /** Answers nothing until no further request has come for a while, then says how many were there at once. */
  const most = `
    let open = 0, most = 0, timer
    const { promise, resolve } = Promise.withResolvers()
    const server = Bun.serve({ hostname: '127.0.0.1', port: 0, idleTimeout: 0, fetch: async () => {
      most = Math.max(most, ++open)
      clearTimeout(timer)
      timer = setTimeout(resolve, 500)
      await promise
      return new Response('')
    } })
    const all = Array.from({ length: 300 }, () => fetch('http://127.0.0.1:' + server.port))
    await promise
    process.stdout.write(String(most))
    process.exit()`

  test('are 256 at most in a process; the rest wait silently', async () => {
    expect((await runScript(most)).out).toBe('256')
  })

  test('are more when the environment said so before the start', async () => {
    expect((await runScript(most, { BUN_CONFIG_MAX_HTTP_REQUESTS: '65535' })).out).toBe('300')
  })

  test('are not more when the environment is changed in the process', async () => {
    const late = `process.env.BUN_CONFIG_MAX_HTTP_REQUESTS = '65535';${most}`
    expect((await runScript(late)).out).toBe('256')
  })

  test('so a process may start itself anew, under its own id', async () => {
    const script = `
      if (!process.env.AGAIN) {
        process.stdout.write(process.pid + ' ')
        process.execve(process.execPath, [process.execPath, '-e', process.env.SELF], { ...process.env, AGAIN: '1' })
      }
      process.stdout.write(String(process.pid))`
    const [before, after] = (await runScript(script, { SELF: script })).out.split(' ')
    expect(after).toBe(before!)
  })
})

test('a decompressed reply still says that it is compressed', async () => {
  const { url } = serve(
    () => new Response(Bun.gzipSync('hello'), { headers: { 'content-encoding': 'gzip' } }),
  )
  const reply = await fetch(url)
  expect([reply.headers.get('content-encoding'), await reply.text()]).toEqual(['gzip', 'hello'])
})

test('a redirect takes x-api-key to a stranger, unless redirects are errors', async () => {
  const seen: (string | null)[] = []
  const stranger = serve(({ headers }) => {
    seen.push(headers.get('x-api-key'))
    return new Response('')
  })
  const provider = serve(() => Response.redirect(stranger.url, 302))
  const headers = { 'x-api-key': 'secret' }
  await fetch(provider.url, { headers })
  expect(seen).toEqual(['secret'])
  await expect(fetch(provider.url, { headers, redirect: 'error' })).rejects.toThrow()
  expect(seen).toHaveLength(1)
})

describe('connections to one host', () => {
  /** How many of the second round's requests needed a new connection. */
  async function newConnections(atOnce: number): Promise<number> {
    const ports: number[] = []
    let arrived = 0
    let gate = Promise.withResolvers<void>()
    const { url } = serve(async (request, server) => {
      ports.push(server.requestIP(request)?.port ?? 0)
      if (++arrived % atOnce === 0) gate.resolve()
      await gate.promise
      return new Response('')
    })
    const round = async () => {
      gate = Promise.withResolvers()
      await Promise.all(
        Array.from({ length: atOnce }, () => fetch(url).then((reply) => reply.text())),
      )
    }
    await round()
    const first = new Set(ports)
    await round()
    return ports.slice(atOnce).filter((port) => !first.has(port)).length
  }

  test('are kept while there are 64', async () => {
    expect(await newConnections(64)).toBe(0)
  })
  test('are made anew beyond', async () => {
    expect(await newConnections(100)).toBeGreaterThanOrEqual(100 - 64)
  })
})

test('a POST on a kept connection that died fails, and is not sent twice', async () => {
  let posts = 0
  const server = Bun.listen({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      data: (socket, bytes) => {
        if (!bytes.toString().startsWith('POST')) return
        if (++posts === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
        else socket.end()
      },
    },
  })
  servers.push(server)
  const post = () => fetch(`http://127.0.0.1:${server.port}`, { method: 'POST', body: '{}' })
  expect(await (await post()).text()).toBe('ok')
  await expect(post()).rejects.toThrow()
  expect(posts).toBe(2)
})

test('AbortSignal.any over a signal that lives long keeps every signal', async () => {
  const count = (how: string) => `
    const { heapStats } = await import('bun:jsc')
    const controller = new AbortController()
    for (let at = 0; at < 3000; at++) { ${how} }
    await Bun.sleep(10)
    Bun.gc(true)
    process.stdout.write(String(heapStats().objectTypeCounts.AbortSignal ?? 0))
    process.exit()`
  const any = await runScript(
    count('AbortSignal.any([controller.signal, AbortSignal.timeout(60_000)])'),
  )
  const own = await runScript(
    count('const one = new AbortController(); clearTimeout(setTimeout(() => one.abort(), 60_000))'),
  )
  expect(Number(any.out)).toBeGreaterThan(2_000)
  expect(Number(own.out)).toBeLessThan(100)
})
