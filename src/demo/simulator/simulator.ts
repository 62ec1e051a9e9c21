/**
 * The simulated provider: a foreign host that speaks OpenAI's and Anthropic's dialects as nastily as the real ones,
 * knows no network, and writes down what it received and sent. The same one serves the demo, the tests and the benchmark.
 *
 *   POST /v1/chat/completions   POST /v1/embeddings   POST /v1/messages   GET /v1/models
 *   GET /journal?since=&limit=  DELETE /journal       GET /journal/totals
 *
 * The same below the root, for whoever leaves `/v1` out of a base URL. Credentials: `turn.ts`. Models: `models.ts`.
 */
import { isObject, type JsonObject } from '../../base/json.ts'
import { anthropicMessages } from './anthropic.ts'
import { leaving, sendOther } from './bodies.ts'
import type { PromptCache } from './cache.ts'
import { type Entry, Journal, type JournalMode } from './journal.ts'
import { type Model, readModel } from './models.ts'
import { openaiChat, openaiEmbeddings } from './openai.ts'
import { Refusal } from './refusal.ts'
import { scenarios } from './scenarios.ts'
import { dueAfterMs, isBent, record, sendFrames } from './send.ts'
import { created, type Dialect, type Turn } from './turn.ts'

export interface Simulator {
  /** Its origin, without a path. */
  url: string
  journal: Journal
  stop(): Promise<void>
}

interface Remembering {
  seed?: number
  journal?: JournalMode
  /** How many entries the journal keeps. */
  journalEntries?: number | null
}

export interface SimulatorOptions extends Remembering {
  hostname: string
  /** 0 takes a free one. */
  port: number
}

/** What one simulator remembers. */
interface Memory {
  journal: Journal
  seed: number
  /** Answers so far. */
  count: number
  cache: PromptCache
  /** Attempts at each prompt of a model that fails first. */
  attempts: Map<bigint, number>
}

const dialects: Readonly<Record<string, Dialect>> = {
  '/chat/completions': openaiChat,
  '/embeddings': openaiEmbeddings,
  '/messages': anthropicMessages,
}

function newMemory({ seed = 1, journal = 'full', journalEntries = null }: Remembering): Memory {
  return {
    ...{ journal: new Journal(journal, journalEntries), seed, count: 0 },
    ...{ cache: new Set(), attempts: new Map() },
  }
}

/** Without a socket, for whoever is in one process with it: calls only. */
export function simulate(options: Remembering = {}) {
  const memory = newMemory(options)
  return {
    journal: memory.journal,
    answer: (request: Request): Promise<Response> | Response => {
      const dialect = dialects[new URL(request.url).pathname.replace(/^\/v1/, '')]
      return dialect ? answerCall(memory, dialect, request) : refuseUnknown(memory, request)
    },
  }
}

export function startSimulator({ hostname, port, ...options }: SimulatorOptions): Simulator {
  const memory = newMemory(options)
  const { journal } = memory
  const serve = (dialect: Dialect) => ({
    POST: (request: Request) => answerCall(memory, dialect, request),
  })
  const below = (base: string) => ({
    ...Object.fromEntries(
      Object.entries(dialects).map(([path, dialect]) => [base + path, serve(dialect)]),
    ),
    [`${base}/models`]: { GET: listModels },
  })
  const server = Bun.serve({
    hostname,
    port,
    // Streams may be silent for long, and failures on purpose are not to be printed.
    idleTimeout: 0,
    development: false,
    routes: {
      ...below('/v1'),
      ...below(''),
      '/journal': { GET: (request) => showJournal(journal, request), DELETE: () => clear(journal) },
      '/journal/totals': { GET: () => Response.json({ models: journal.totals() }) },
    },
    fetch: (request) => refuseUnknown(memory, request),
  })
  return { url: server.url.origin, journal, stop: () => server.stop(true) }
}

async function answerCall(memory: Memory, dialect: Dialect, request: Request): Promise<Response> {
  const { headers } = request
  const caller = headers.get('x-kkai-request-id') ?? headers.get('x-request-id')
  const entry = memory.journal.begin(caller, dialect.name)
  const count = ++memory.count
  let model: Model | null = null
  try {
    const body = await readBody(request)
    if (memory.journal.mode === 'full') entry.body = body
    entry.model = typeof body.model === 'string' ? body.model : null
    model = readModel(body.model)
    dialect.authorize(headers, model)
    if (model === null) throw unknownModel(dialect, body.model)
    const turn = dialect.open(body, model, { ...memory, count, headers })
    entry.stream = turn.stream
    if (model.refuses && isRefused(memory, model, body)) throw new Refusal(model.refuses)
    if (model.body) return await sendOther(model, request, entry, memory.journal)
    entry.id = dialect.idOf(count)
    return await sendAnswer(memory, { turn, model, dialect, count, entry, request })
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal
    entry.status = refusal.status
    memory.journal.end(entry, 'failed')
    return new Response(dialect.writeRefusal(refusal, count), {
      status: refusal.status,
      headers: replyHeaders(dialect, count, model?.retry),
    })
  }
}

async function readBody(request: Request): Promise<JsonObject> {
  const body: unknown = await request.json().catch(() => null)
  if (isObject(body)) return body
  throw new Refusal('invalid', 'We could not parse the JSON body of your request.')
}

function unknownModel(dialect: Dialect, name: unknown): Refusal {
  if (typeof name !== 'string')
    return new Refusal('invalid', 'you must provide a model parameter', 'model')
  const words =
    dialect === anthropicMessages
      ? `model: ${name}`
      : `The model '${name}' does not exist or you do not have access to it.`
  return new Refusal('missing', words, 'model')
}

/** Whether a model that refuses does so now: always, or for the first `times` attempts at one prompt. */
function isRefused({ attempts }: Memory, { name, times }: Model, body: JsonObject): boolean {
  if (times === 0) return true
  const key = BigInt(Bun.hash(name + JSON.stringify(body.messages ?? body.input)))
  const made = (attempts.get(key) ?? 0) + 1
  if (attempts.size > 10_000) attempts.clear()
  attempts.set(key, made)
  return made <= times
}

interface Answering {
  turn: Turn
  model: Model
  dialect: Dialect
  count: number
  entry: Entry
  request: Request
}

async function sendAnswer({ journal }: Memory, answering: Answering): Promise<Response> {
  const { turn, model, dialect, count, entry, request } = answering
  const { output = 0, reasoning = 0, ...input } = turn.units
  const waitMs = model.silence + (turn.stream ? 0 : dueAfterMs(model, output + reasoning))
  if (waitMs > 0 && !(await staysFor(waitMs, request))) {
    journal.end(entry, 'client-left')
    return new Response(null)
  }
  if (model.ending === 'error' && !turn.stream) throw new Refusal('broken')
  entry.delivered = input
  const headers = replyHeaders(dialect, count)
  if (turn.stream) headers['content-type'] = 'text/event-stream; charset=utf-8'
  if (turn.stream || isBent(model)) {
    return new Response(sendFrames(turn, model, dialect, entry, journal), { headers })
  }
  const reply = turn.reply()
  record(entry, reply)
  journal.end(entry, 'complete')
  return new Response(reply.text, { headers })
}

/** Waits; false when the client left meanwhile. */
async function staysFor(waitMs: number, request: Request): Promise<boolean> {
  let timer: Timer | undefined
  const waited = new Promise<true>((resolve) => {
    timer = setTimeout(() => resolve(true), waitMs)
  })
  const stayed = await Promise.race([waited, leaving(request)])
  clearTimeout(timer)
  return stayed === true
}

function replyHeaders(dialect: Dialect, count: number, retry = 0): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    [dialect.requestIdHeader]: `req_${count}`,
  }
  if (retry > 0) headers['retry-after'] = String(retry)
  return headers
}

function listModels(): Response {
  const data = Object.keys(scenarios).map((id) => ({
    id,
    object: 'model',
    created,
    owned_by: 'simulator',
  }))
  return Response.json({ object: 'list', data })
}

function showJournal(journal: Journal, request: Request): Response {
  const { searchParams } = new URL(request.url)
  const since = Number(searchParams.get('since') ?? 0)
  const limit = Number(searchParams.get('limit') ?? Number.POSITIVE_INFINITY)
  return Response.json({ requests: journal.entries(since, limit) })
}

function clear(journal: Journal): Response {
  journal.clear()
  return new Response(null, { status: 204 })
}

/** An address that is not served is noted too: whoever followed a redirect is seen there. */
function refuseUnknown({ journal }: Memory, request: Request): Response {
  const { pathname } = new URL(request.url)
  const entry = journal.begin(request.headers.get('x-request-id'), null)
  entry.model = pathname
  entry.status = 404
  journal.end(entry, 'failed')
  const message = `Invalid URL (${request.method} ${pathname})`
  const error = { message, type: 'invalid_request_error', param: null, code: null }
  return Response.json({ error }, { status: 404 })
}
