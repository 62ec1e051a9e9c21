/**
 * The gateway's connections to the simulated provider without a socket: latency, refusals and losses are drawn from the
 * seed, and what the provider does is `demo/simulator`'s own.
 */

import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import type { simulate } from '../../src/demo/simulator/simulator.ts'
import type { Counter } from '../../src/gateway/count.ts'
import { ConnectionLost, type Exchange, type HttpClient } from '../../src/gateway/http-client.ts'

export type Provider = ReturnType<typeof simulate>
/** Where a process may die on its way; what waits there never goes on. */
export type Point = (name: 'upstream headers' | 'chunk' | 'last chunk') => Promise<void>

const refusedOf = 60
const lostOf = 400

export function connectTo(provider: Provider, random: () => number, point: Point): HttpClient {
  return {
    send: (_, request) => exchangeWith(provider, request, random, point),
    close: () => {},
  }
}

function exchangeWith(
  provider: Provider,
  text: string,
  random: () => number,
  point: Point,
): Exchange {
  const leaving = new AbortController()
  const broken = Promise.withResolvers<never>()
  broken.promise.catch(() => {})
  let body: ReadableStreamDefaultReader<Uint8Array> | null = null
  let over = false

  const drop = (cause: Error) => {
    if (over) return
    over = true
    broken.reject(cause)
    leaving.abort()
    body?.cancel().catch(() => {})
  }
  const asked = connect(random).then(() => {
    if (over) return broken.promise
    return provider.answer(requestOf(text, leaving.signal))
  })
  const head = asked.then(async (response) => {
    await point('upstream headers')
    body = response.body?.getReader() ?? null
    return { status: response.status, headers: new Map(response.headers) }
  })

  async function next(): Promise<Uint8Array | null> {
    await asked
    if (random() < 1 / lostOf) drop(new ConnectionLost('lost on the way', true))
    if (body === null || over) return null
    const { value, done } = await body.read().catch((cause) => {
      throw new ConnectionLost(String(cause), true)
    })
    await point(done ? 'last chunk' : 'chunk')
    if (done) over = true
    return value ?? null
  }

  const first = Promise.race([head, broken.promise])
  first.catch(() => {})
  return {
    head: first,
    read: () => Promise.race([next(), broken.promise]),
    cancel: drop,
    abandon: () => drop(new ConnectionLost('no longer wanted', true)),
    // Clients of the simulation read, or leave.
    awaited: true,
    rest: () => {},
  }
}

async function connect(random: () => number): Promise<void> {
  await Bun.sleep(Math.ceil(random() * 20))
  if (random() < 1 / refusedOf) throw new ConnectionLost('refused', false)
}

function requestOf(text: string, signal: AbortSignal): Request {
  const end = text.indexOf('\r\n\r\n')
  const [line = '', ...fields] = text.slice(0, end).split('\r\n')
  const headers = fields.map((field) => field.split(': ', 2) as [string, string])
  const url = `http://provider.test${line.split(' ')[1]}`
  return new Request(url, { method: 'POST', headers, body: text.slice(end + 4), signal })
}

/** Counts as the product's Worker does, in this thread. */
export const counter: Counter = {
  count: async (texts) => texts.reduce((sum, text) => sum + countTokens(text), 0),
  close: () => {},
}
