/**
 * A running platform for tests: the executable with a data directory of its own, the simulated provider in this process
 * (so its journal is at hand), everything that the demo sells, and an account with $100. One for a test file.
 */
import { afterAll } from 'bun:test'
import type { JsonObject } from '../../src/base/json.ts'
import { handOver } from '../../src/commands/socket.ts'
import { demoCatalog } from '../../src/demo/catalog.ts'
import type { Entry } from '../../src/demo/simulator/journal.ts'
import { type Simulator, startSimulator } from '../../src/demo/simulator/simulator.ts'
import { kkai, newData, startKkai } from './kkai.ts'

export interface World {
  url: string
  /** The data directory. */
  data: string
  simulator: Simulator
  /** The first customer's key, without limits. */
  key: string
  account: string
  stderr(): string
  /** Asks the server to stop; answers its exit code. */
  stop(): Promise<number>
  /** A command, handed over to the running server: in effect when it has answered. */
  run<T = JsonObject>(name: string, values?: Record<string, string>): Promise<T>
  /** An account with a key. `limits` are the options of `kkai key create`. */
  customer(options?: { credit?: string; tier?: string } & KeyOptions): Promise<Customer>
  /** One more key of an account. */
  newKey(account: string, options?: KeyOptions): Promise<{ key: string; hash: string }>
  /** Sells a model; by default `upstream` (parameters and all) of the simulated provider. */
  sell(id: string, offer?: Offer): Promise<string>
  ask(fields: JsonObject, options?: AskOptions): Promise<Reply>
  stream(fields: JsonObject, options?: AskOptions): Promise<Streamed>
  send(fields: JsonObject, options?: AskOptions): Promise<Response>
  /** The record of a call, once it is settled. */
  generation(id: string, key?: string): Promise<Generation>
  balance(account: string): Promise<{ balance: bigint; pending: bigint }>
  /** Whether `kkai verify` finds the ledger in order. */
  verify(): Promise<boolean>
  /** What the provider noted of a call, attempt by attempt. */
  seen(id: string): Entry[]
}

export interface KeyOptions {
  limits?: Record<string, string>
}
export interface Customer {
  account: string
  key: string
  hash: string
}
export interface Offer {
  upstream?: string
  channels?: JsonObject[]
  newChannels?: JsonObject[]
  price?: JsonObject
  fields?: JsonObject
}
export interface AskOptions {
  key?: string
  path?: string
  headers?: Record<string, string>
  signal?: AbortSignal
}
export interface Refused {
  message: string
  type: string
  param: string | null
  code: string
}
export interface Choice {
  index: number
  message: { content: string | null; tool_calls?: JsonObject[] } & JsonObject
  delta: { content?: string | null; tool_calls?: JsonObject[] } & JsonObject
  finish_reason: string | null
}
export interface Body {
  id: string
  choices: Choice[]
  usage?: { prompt_tokens: number; completion_tokens: number; cost: number } & JsonObject
  error?: Refused
}
export interface Reply {
  status: number
  headers: Headers
  body: Body
  text: string
}
export interface Streamed {
  status: number
  headers: Headers
  id: string
  raw: string
  comments: number
  /** Frames with JSON, in order. */
  chunks: Body[]
  /** The text of the first choice, joined. */
  text: string
  finish: string | null
  error: Refused | null
  /** Whether the last frame was `[DONE]`. */
  done: boolean
}
export interface Generation {
  usage_source: string
  outcome: string
  status: number
  flags: string[]
  tokens_prompt: number
  tokens_completion: number
  native_tokens_cached: number
  native_tokens_reasoning: number
  price_version: string
  cost: { unit: string; count: number; usd_per_million: string }[]
  cost_nano: string
  charged_nano: string
  usage: number
  transfers: { id: string; phase: string; amount_nano: string }[]
}

export const hello = [{ role: 'user', content: 'Hello' }]
export const demoPrice = {
  input: '0.15',
  output: '0.60',
  cache_read: '0.075',
  cache_write: '0.1875',
}

/** Settings by their environment names: `{ KKAI_KEEP_ALIVE_MS: '100' }`. */
export async function openWorld(settings: Record<string, string> = {}): Promise<World> {
  const simulator = startSimulator({ hostname: '127.0.0.1', port: 0 })
  afterAll(() => simulator.stop())
  const data = newData()
  const server = await startKkai(['serve', '--data', data, '--listen', '127.0.0.1:0'], settings)
  const { url } = server.facts

  const run = async <T = JsonObject>(name: string, values: Record<string, string> = {}) =>
    (await handOver(data, name, values)) as T
  const applyCatalog = (text: string) => run('catalog apply', { file: text })
  await applyCatalog(demoCatalog(simulator.url))

  async function customer({
    credit = '100',
    tier,
    limits = {},
  }: { credit?: string; tier?: string } & KeyOptions = {}): Promise<Customer> {
    const email = `${crypto.randomUUID()}@example.com`
    const { account } = await run<{ account: string }>('account create', {
      email,
      ...(tier && { tier }),
    })
    if (credit !== '0') await run('credit grant', { account, amount: credit, reason: 'test' })
    return { account, ...(await newKey(account, { limits })) }
  }
  const newKey: World['newKey'] = (account, { limits = {} } = {}) =>
    run('key create', { account, name: 'test', ...limits })

  const first = await customer()

  const send: World['send'] = (
    fields,
    { key = first.key, path = 'chat/completions', headers, signal } = {},
  ) =>
    fetch(`${url}/api/v1/${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ ...(path === 'chat/completions' && { messages: hello }), ...fields }),
      ...(signal && { signal }),
    })

  return {
    ...{ url, data, simulator, key: first.key, account: first.account, stderr: server.stderr },
    stop: () => server.stop(),
    ...{ run, customer, newKey, send },
    sell: async (id, offer = {}) => {
      const { upstream = id, newChannels = [], price = demoPrice, fields = {} } = offer
      const { channels = [{ channel: 'simulated', model: upstream }] } = offer
      const model = { id, context_length: 200_000, max_output: 128_000, channels, price, ...fields }
      await applyCatalog(JSON.stringify({ channels: newChannels, models: [model] }))
      return id
    },
    ask: async (fields, options) => {
      const response = await send(fields, options)
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, body: JSON.parse(text) }
    },
    stream: async (fields, options) => readStream(await send({ stream: true, ...fields }, options)),
    generation: (id, key = first.key) => readGeneration(url, key, id),
    balance: async (account) => {
      const shown = await run<Record<'balance_nano' | 'pending_nano', string>>('account show', {
        account,
      })
      return { balance: BigInt(shown.balance_nano), pending: BigInt(shown.pending_nano) }
    },
    verify: async () => (await kkai(['verify', '--data', data])).exit === 0,
    seen: (id) => simulator.journal.entries().filter((entry) => entry.caller === id),
  }
}

/** The frames as they stand on the wire; anything but whole `data:` lines and comments is an error of its own. */
export async function readStream(response: Response): Promise<Streamed> {
  const raw = await response.text()
  const { status, headers } = response
  const streamed = { status, headers, id: headers.get('x-generation-id') ?? '', raw }
  if (status !== 200) {
    const { error } = JSON.parse(raw) as Body
    return {
      ...streamed,
      comments: 0,
      chunks: [],
      text: '',
      finish: null,
      error: error ?? null,
      done: false,
    }
  }
  const frames = raw.split('\n\n')
  if (frames.pop() !== '') throw new Error(`the stream ends within a frame: ${raw.slice(-200)}`)
  const data = frames.filter((frame) => !frame.startsWith(': '))
  for (const frame of data) {
    if (!/^data: [^\n\r]+$/.test(frame)) throw new Error(`not one line of data: ${frame}`)
  }
  const done = data.at(-1) === 'data: [DONE]'
  const chunks = (done ? data.slice(0, -1) : data).map(
    (frame) => JSON.parse(frame.slice(6)) as Body,
  )
  const choices = chunks.flatMap((chunk) => chunk.choices ?? []).filter(({ index }) => index === 0)
  return {
    ...{ ...streamed, comments: frames.length - data.length, chunks, done },
    text: choices.map(({ delta }) => delta.content ?? '').join(''),
    finish: choices.find((choice) => choice.finish_reason)?.finish_reason ?? null,
    error: chunks.find((chunk) => chunk.error)?.error ?? null,
  }
}

const patienceMs = 5_000

async function readGeneration(url: string, key: string, id: string): Promise<Generation> {
  const startedAt = performance.now()
  for (;;) {
    const response = await fetch(`${url}/api/v1/generation?id=${id}`, {
      headers: { authorization: `Bearer ${key}` },
    })
    if (response.status === 200) return ((await response.json()) as { data: Generation }).data
    await response.text()
    if (performance.now() - startedAt > patienceMs) throw new Error(`${id} is not settled`)
    await Bun.sleep(10)
  }
}
