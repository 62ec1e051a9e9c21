/**
 * The HTTP server: which names it serves, how large a body may be, and the one place where what was thrown becomes a
 * reply. It runs on every call, so it holds one hook and no more; routes read their own bodies (`body.ts`) and answer
 * with a `Response`. Elysia's own errors echo what was sent, so none of them ever gets out.
 */
import { Elysia, ValidationError } from 'elysia'
import type { Clock } from '../base/clock.ts'
import { AppError, FatalError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import type { Logger } from '../base/log.ts'
import { answerError } from './answer.ts'
import { tooLarge } from './body.ts'
import { type Expected, sayExpected } from './expected.ts'
import { checkHost } from './host.ts'
import { answerPage, notFoundPage } from './pages.ts'

export interface HttpOptions {
  listen: { hostname: string; port: number }
  /** The address that customers use; null when only this machine's names are served. */
  publicUrl(): string | null
  bodyLimitBytes: number
  clock: Clock
  log: Logger
}

export type Http = ReturnType<typeof createHttp>

/** Bun cuts connections that are silent this long; a proxy's route lifts it for itself: `server.timeout(request, 0)`. */
const idleSeconds = 30

export function createHttp({ listen, publicUrl, bodyLimitBytes, clock, log }: HttpOptions) {
  const isServed = checkHost(publicUrl, listen.hostname)
  const http = new Elysia({
    // Elysia 1.4 looks for the path from the URL's character 11 on: a Host of one to three letters would hide it.
    handler: { standardHostname: false },
    // Its own way to drop unknown fields makes an object of a text, and a list of an object, before they are checked.
    normalize: 'typebox',
    serve: {
      // A second server on the port would take half of the calls, silently.
      reusePort: false,
      idleTimeout: idleSeconds,
      // Ours answers with words and JSON; Bun's would be a bare 413.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      development: false,
      error: (cause: Error) => refuse(cause, new Request('http://localhost/')),
    },
  })
    .onError(({ error, request }) => refuse(error, request))
    .onRequest(({ request: { headers } }) => {
      if (!isServed(headers.get('host'))) throw new AppError('invalid_host')
      const declared = headers.get('content-length')
      if (declared !== null && Number(declared) > bodyLimitBytes) throw tooLarge(bodyLimitBytes)
    })

  function refuse(error: unknown, request: Request): Response {
    const { method, url } = request
    const path = pathOf(url)
    const refusal = toRefusal(error, () => methodsOf(http.routes, path))
    const id = refusal.headers['x-request-id'] ?? newId('req_', clock.now())
    const isPage = (method === 'GET' || method === 'HEAD') && !isApi(path)
    if (refusal.status === 404 && isPage) return answerPage(notFoundPage, 404)
    const facts = { request: id, method, path, code: refusal.code }
    if (refusal.code === 'internal_error') log.error('http.failed', { ...facts, cause: error })
    else if (refusal.code === 'role_not_allowed') log.info('http.refused', facts)
    else log.debug('http.refused', facts)
    return answerError(refusal, id)
  }
  return http
}

/** Starts to listen; `url` names the port that was really taken. */
export function startHttp(http: Http, { hostname, port }: HttpOptions['listen']): { url: string } {
  try {
    http.listen({ hostname, port })
    return { url: addressOf({ hostname, port: http.server?.port ?? port }) }
  } catch (cause) {
    throw new FatalError(
      `The address ${hostname}:${port} cannot be listened on. Is another server running there? Choose another with --listen.`,
      1,
      cause,
    )
  }
}

const nothingHere = 'There is nothing at this address. /swagger lists what there is.'

/** What a client is told of anything thrown. `allowed` gives the methods that the path would have had. */
function toRefusal(error: unknown, allowed: () => string[]): AppError {
  if (error instanceof AppError) return error
  if (error instanceof ValidationError) return invalid(error)
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code === 'PARSE')
    return error instanceof Error && error.cause instanceof AppError
      ? error.cause
      : new AppError('invalid_json')
  if (code === 'INVALID_COOKIE_SIGNATURE') return new AppError('invalid_request')
  if (code !== 'NOT_FOUND') return new AppError('internal_error', { cause: error })
  const methods = allowed()
  if (methods.length === 0) return new AppError('not_found', { message: nothingHere })
  return new AppError('method_not_allowed', { headers: { allow: methods.join(', ') } })
}

/** Names the field and what it must be, never what it was. */
function invalid({ type, valueError }: ValidationError): AppError {
  const path = valueError?.path.slice(1).replaceAll('/', '.')
  const must = sayExpected((valueError?.schema ?? {}) as Expected)
  return new AppError('invalid_request', {
    param: path || null,
    message: `${path || `The ${type}`} must be ${must}.`,
  })
}

function methodsOf(routes: readonly { method: string; path: string }[], path: string): string[] {
  const fits = (route: string) =>
    new RegExp(
      `^${route
        .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
        .replace(/:\w+/g, '[^/]+')
        .replace('*', '.*')}/?$`,
    ).test(path)
  return routes.filter((route) => fits(route.path)).map((route) => route.method)
}

function pathOf(url: string): string {
  return URL.parse(url)?.pathname ?? '/'
}

function isApi(path: string): boolean {
  return /^\/(?:api|v1)(?:\/|$)/.test(path)
}

export function addressOf({ hostname, port }: HttpOptions['listen']): string {
  return `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
}
