/**
 * The simulated Stripe: a stateful fake of its API that the official package talks to unchanged, its checkout page for a person
 * to click through, its signed callbacks, and what tests and the demo steer it with.
 *
 *   /v1/…   GET|POST /c/pay/:session   POST /control/:act (JSON; the acts of `StripeControl`)   GET /journal
 */
import { type Clock, systemClock } from '../../base/clock.ts'
import { isObject, type JsonObject } from '../../base/json.ts'
import { decline, pay, payLater, sessionOf } from './stripe-acts.ts'
import { answerApi } from './stripe-api.ts'
import { openSender, type Sender, type SenderOptions } from './stripe-callback.ts'
import { type Health, openControl, type StripeControl } from './stripe-control.ts'
import { type Form, readForm, StripeRefusal } from './stripe-form.ts'
import { type Act, showCheckout, showMissing } from './stripe-page.ts'
import { add, type Shop, type Thing } from './stripe-shop.ts'

export interface StripeOptions extends Pick<SenderOptions, 'webhookSecret' | 'webhookUrl'> {
  hostname: string
  /** 0 takes a free one. */
  port: number
  /** `sk_live_…` makes it live. */
  secretKey: string
  /** The connected account (acct_…) that everything belongs to, where there is one. */
  account?: string
  clock?: Clock
  retryMs?: readonly number[]
}

/** A request to the API, and how it was answered. */
export interface Asked {
  method: string
  path: string
  key: string | null
  form: Form
  status: number
  /** Answered as the first time, since the idempotency key was the same. */
  replayed: boolean
}

export interface StripeSimulator {
  url: string
  control: StripeControl
  journal: readonly Asked[]
  /** Once every callback was answered. */
  delivered(): Promise<void>
  stop(): Promise<void>
}

interface Answer {
  status: number
  body: JsonObject
}

interface Host extends Pick<StripeOptions, 'secretKey' | 'account'> {
  shop: Shop
  health: Health
  journal: Asked[]
  /** By idempotency key. */
  answers: Map<string, Answer & { request: string }>
}

const journalSize = 10_000

export function startStripe(options: StripeOptions): StripeSimulator {
  const { hostname, port, clock = systemClock, retryMs = [1000, 5000, 30_000] } = options
  const now = () => clock.now()
  const sender = openSender({ ...options, now, retryMs })
  const shop: Shop = {
    ...{ now, live: options.secretKey.startsWith('sk_live_'), url: () => server.url.origin },
    ...{ things: new Map(), promised: new Map(), declines: new Map(), refundStatus: 'succeeded' },
    taxRates: new Map([
      ...([
        ['DE', ['19.0']],
        ['TW', ['5.0']],
      ] as const),
      // A state's and a county's.
      ['US', ['6.0', '1.25']],
    ]),
    tell: (events) => tell(shop, sender, events, options.account),
  }
  const health = { down: false, taxDown: false, lost: 0 }
  const host: Host = { ...options, shop, health, journal: [], answers: new Map() }
  const control = openControl(shop, sender, health)
  const server = Bun.serve({
    ...{ hostname, port, development: false },
    routes: {
      '/v1/*': (request) => serveApi(host, request),
      '/c/pay/:session': (request) => serveCheckout(shop, request.params.session, request),
      '/control/:act': { POST: (request) => steer(control, request.params.act, request) },
      '/journal': () => Response.json({ requests: host.journal }),
    },
    fetch: () => new Response('Not found', { status: 404 }),
  })
  return {
    ...{ url: server.url.origin, control, journal: host.journal, delivered: sender.delivered },
    stop: async () => {
      sender.stop()
      await server.stop(true)
    },
  }
}

/** Keeps the events, each with its object as it is now, and calls back with them. */
function tell(
  shop: Shop,
  sender: Sender,
  events: readonly (readonly [string, Thing])[],
  account: string | undefined,
): void {
  const made = events.map(([type, thing]) => {
    const event = add<Thing & JsonObject>(shop, 'evt_', {
      ...{ object: 'event', api_version: '2026-10-28.endive', metadata: {}, type },
      ...{ data: { object: structuredClone(thing) as unknown as JsonObject } },
      ...{ pending_webhooks: 1, request: { id: null, idempotency_key: null } },
      ...(account !== undefined && { account }),
    })
    event.livemode = thing.livemode
    return JSON.stringify(event, null, 2)
  })
  sender.send(made)
}

async function serveApi(host: Host, request: Request): Promise<Response> {
  const { health, journal } = host
  const { pathname, search } = new URL(request.url)
  if (health.down || (health.taxDown && pathname.startsWith('/v1/tax/')))
    return new Response('<h1>Service Unavailable</h1>', { status: 503 })
  const text = request.method === 'GET' ? search.slice(1) : await request.text()
  const [path, key] = [pathname.slice('/v1/'.length), request.headers.get('idempotency-key')]
  const asked: Asked = {
    ...{ method: request.method, path, key, form: readForm(text), status: 0, replayed: false },
  }
  journal.push(asked)
  if (journal.length > journalSize) journal.splice(0, journalSize / 2)
  const { status, body } = answerOnce(host, asked, `${path}?${text}`, request.headers)
  asked.status = status
  if (health.lost > 0) {
    health.lost--
    return new Response('<h1>Bad Gateway</h1>', { status: 502 })
  }
  const headers = { 'request-id': `req_${String(journal.length).padStart(14, '0')}` }
  const replayed: Record<string, string> = asked.replayed ? { 'idempotent-replayed': 'true' } : {}
  return Response.json(body, { status, headers: { ...headers, ...replayed } })
}

/** What was carried out under a key is answered alike for ever; what was refused before may be asked again. */
function answerOnce(host: Host, asked: Asked, request: string, headers: Headers): Answer {
  const { answers, secretKey, account = null } = host
  const known = headers.get('authorization') === `Bearer ${secretKey}`
  if (!known || headers.get('stripe-account') !== account) {
    const message = 'Invalid API Key provided: sk_****'
    return { status: 401, body: { error: { type: 'invalid_request_error', message } } }
  }
  const key = asked.method === 'POST' ? asked.key : null
  const before = answers.get(key ?? '')
  if (before && before.request !== request) {
    const message = `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}'.`
    return { status: 400, body: { error: { type: 'idempotency_error', message } } }
  }
  if (before) {
    asked.replayed = true
    return before
  }
  const answer = carryOut(host.shop, asked)
  if (key !== null && answer.status < 500 && answer.status !== 400)
    answers.set(key, { ...answer, request })
  return answer
}

function carryOut(shop: Shop, { method, path, form }: Asked): Answer {
  try {
    return { status: 200, body: answerApi(shop, method, path, form) }
  } catch (refusal) {
    if (!(refusal instanceof StripeRefusal)) throw refusal
    const error = structuredClone(refusal.error) as unknown as JsonObject
    return { status: refusal.status, body: { error } }
  }
}

/** The page, and its buttons: to the shop once it is over, back to the page after a decline. */
async function serveCheckout(shop: Shop, id: string, request: Request): Promise<Response> {
  const session = sessionOf(shop, id)
  if (session?.id !== id) return showMissing()
  const description = shop.promised.get(id)?.description ?? ''
  if (request.method !== 'POST' || session.status !== 'open')
    return showCheckout(session, description, false)
  const act = new URLSearchParams(await request.text()).get('act') as Act | null
  if (act === 'fail') {
    decline(shop, session)
    return showCheckout(session, description, true)
  }
  if (act === 'pay') pay(shop, session)
  if (act === 'later') payLater(shop, session)
  const location = (act === 'cancel' ? session.cancel_url : null) ?? session.success_url
  return new Response(null, { status: 303, headers: { location } })
}

async function steer(control: StripeControl, act: string, request: Request): Promise<Response> {
  const body: unknown = await request.json().catch(() => null)
  if (!Object.hasOwn(control, act) || !isObject(body))
    return Response.json({ error: 'no such act, or no JSON' }, { status: 404 })
  try {
    // Typed for tests; over HTTP whoever steers knows what she sends.
    const done = (control[act as keyof StripeControl] as (ask: JsonObject) => unknown)(body)
    return Response.json(done ?? {})
  } catch (error) {
    return Response.json({ error: (error as Error).message }, { status: 400 })
  }
}
