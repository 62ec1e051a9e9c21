/**
 * For whoever watches the process: alive, ready, and its numbers. Readiness is asked of the parts (the database, the
 * disk, the ledger's last check, draining); each that is not well says why in a word.
 */
import type { Server } from 'bun'
import { Elysia } from 'elysia'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { sha256 } from '../base/secret.ts'
import { answerJson } from './answer.ts'
import { describeRefusals, describeReply, type RouteDetail } from './describe.ts'
import { type Metrics, metricsType } from './metrics.ts'

export interface HealthOptions {
  clock: Clock
  metrics: Metrics
  /** Opens `/metrics` to others than this machine; null: to none. */
  metricsToken: string | null
  /** Why no call should be sent here now; empty when ready. */
  findTroubles(): Promise<string[]>
}

interface Scrape {
  request: Request
  server: Server<unknown> | null
}

const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])
/** What a proxy adds: then the connection comes from this machine, but the question does not. */
const forwarding = ['forwarded', 'x-forwarded-for', 'x-real-ip', 'via']

export function healthRoutes({ clock, metrics, metricsToken, findTroubles }: HealthOptions) {
  const answer = (value: unknown, status = 200) =>
    answerJson(value, newId('req_', clock.now()), status)
  return new Elysia({ name: 'health' })
    .get('/healthz', () => answer({ ok: true }), { detail: healthz })
    .get('/readyz', readiness, { detail: readyz })
    .get('/metrics', scrape, { detail: metricsDetail })

  async function readiness(): Promise<Response> {
    const troubles = await findTroubles()
    return answer({ ok: troubles.length === 0, troubles }, troubles.length === 0 ? 200 : 503)
  }

  async function scrape(context: Scrape): Promise<Response> {
    if (!mayScrape(context)) throw new AppError('not_found')
    const headers = { 'content-type': metricsType, 'cache-control': 'no-store' }
    return new Response(await metrics.expose(), { headers })
  }

  function mayScrape({ request, server }: Scrape): boolean {
    const given = request.headers.get('authorization')
    if (given !== null && metricsToken !== null) {
      return sha256(given) === sha256(`Bearer ${metricsToken}`)
    }
    const from = server?.requestIP(request)?.address ?? ''
    return loopback.has(from) && !forwarding.some((name) => request.headers.has(name))
  }
}

const tags = ['Operations']

const healthz = {
  tags,
  summary: 'Is the process alive?',
  description: 'Answers as long as the process does. For a supervisor that restarts it.',
  security: [],
  responses: { 200: describeReply('Alive.', { ok: true }) },
} satisfies RouteDetail

const readyz = {
  tags,
  summary: 'May calls be sent here?',
  description:
    'Ready when the database takes writes, the disk has room, the ledger was verified and the server is not stopping. For a load balancer.',
  security: [],
  responses: {
    200: describeReply('Ready.', { ok: true, troubles: [] }),
    503: describeReply('Not now, and why.', { ok: false, troubles: ['draining'] }),
  },
} satisfies RouteDetail

const metricsDetail = {
  tags,
  summary: 'Numbers for Prometheus',
  description:
    'From this machine without a credential (not through a proxy); from elsewhere with the `metrics_token` of the settings as a bearer token. Anyone else gets 404.',
  responses: {
    200: {
      description: "Prometheus' text format.",
      content: {
        'text/plain': {
          schema: { type: 'string' },
          example: 'kkai_calls_total{model="demo/chat",outcome="complete"} 3',
        },
      },
    },
    ...describeRefusals('not_found'),
  },
} satisfies RouteDetail
