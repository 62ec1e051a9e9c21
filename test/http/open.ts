/** A real server on a free port, and a client that writes bytes as they are. */
import { afterAll } from 'bun:test'
import type { Logger } from '../../src/base/log.ts'
import { silentLog } from '../../src/base/log.ts'
import { createHttp, type Http, startHttp } from '../../src/http/server.ts'

export const clock = { now: () => Date.UTC(2026, 0, 15, 12), elapsed: () => 0 }
export const bodyLimitBytes = 100_000

const stops: (() => unknown)[] = []
afterAll(() => Promise.all(stops.map((stop) => stop())))

export function open(
  mount: (http: Http) => unknown,
  log: Logger = silentLog,
  hostname = '127.0.0.1',
) {
  const listen = { hostname, port: 0 }
  const http = createHttp({
    listen,
    publicUrl: () => 'https://ai.example.com',
    bodyLimitBytes,
    clock,
    log,
  })
  mount(http)
  const { url } = startHttp(http, listen)
  stops.push(() => http.server?.stop(true))
  return { http, url, port: Number(new URL(url).port) }
}

/** Sends `bytes`, and answers with everything that came until the server closed or fell silent. */
export async function sendRaw(port: number, bytes: string, quietMs = 150): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let got = ''
  let timer = setTimeout(() => resolve(got), 2_000)
  const socket = await Bun.connect({
    hostname: '127.0.0.1',
    port,
    socket: {
      data: (_, chunk) => {
        got += chunk.toString()
        clearTimeout(timer)
        timer = setTimeout(() => resolve(got), quietMs)
      },
      close: () => resolve(got),
      error: () => resolve(got),
    },
  })
  socket.write(bytes)
  const answer = await promise
  clearTimeout(timer)
  socket.end()
  return answer
}
