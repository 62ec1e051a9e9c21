/** The public API: `/api/v1`, and the same below `/v1`. */
import { Elysia } from 'elysia'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import type { ClientDialect } from '../dialects/dialect.ts'
import { clientDialects } from '../dialects/list.ts'
import type { AnyServer } from '../http/address.ts'
import { answerJson } from '../http/answer.ts'
import { readJson } from '../http/body.ts'
import type { Key } from '../key/key.ts'
import type { Store } from '../store/store.ts'
import { authorize, callerName, hasCredential, requireInference } from './caller.ts'
import { details } from './details.ts'
import type { Gateway } from './gateway.ts'
import { listModels, showCredits, showGeneration, showKey, showModel } from './public.ts'
import { relay } from './relay.ts'

interface Context {
  request: Request
  server: AnyServer
}

const bases = ['/api/v1', '/v1'] as const

export function gatewayRoutes(app: Gateway, store: Store) {
  /** A call: the key first, then the body, then the data's way. */
  const call = (dialect: ClientDialect) =>
    counted(async ({ request, server }: Context) => {
      const key = await authorize(app, request, server)
      requireInference(key)
      // Bun would cut a connection that waits in silence for a slow model.
      server?.timeout(request, 0)
      const { value, bytes } = await readJson(request, app.settings.bodyLimitBytes)
      const { signal } = request
      return relay(app, key, dialect.readRequest(value, bytes), {
        name: callerName(request),
        traceparent: app.tracer && request.headers.get('traceparent'),
        signal,
      })
    })

  /** Models and prices are public [T3.2]; but a wrong key is told so, since clients try theirs here. */
  const open = <C extends Context>(answer: (context: C) => unknown) =>
    counted(async (context: C) => {
      if (hasCredential(context.request)) await authorize(app, context.request, context.server)
      return answerJson(answer(context), newId('req_', app.clock.now()))
    })

  const model = ({ params }: Context & { params: { id?: string; '*'?: string } }) =>
    showModel(app.catalog.current, decodeURIComponent(params.id ?? params['*'] ?? ''), now())

  const read = <C extends Context>(answer: (key: Key, context: C) => unknown) =>
    counted(async (context: C) => {
      const key = await authorize(app, context.request, context.server)
      const value = await answer(key, context)
      return answerJson(value, newId('req_', app.clock.now()))
    })

  function counted<C>(answer: (context: C) => Promise<Response>) {
    return (context: C) =>
      answer(context).catch((cause) => {
        if (cause instanceof AppError) app.metrics.refused(cause.code)
        throw cause
      })
  }

  const now = () => app.clock.now()
  const routes = new Elysia({ name: 'gateway' })
  for (const base of bases) {
    const hide = base !== bases[0]
    routes
      .post(`${base}/chat/completions`, call(clientDialects['openai-chat']), {
        parse: 'none',
        detail: { ...details.chat, hide },
      })
      .post(`${base}/embeddings`, call(clientDialects['openai-embeddings']), {
        parse: 'none',
        detail: { ...details.embeddings, hide },
      })
      .get(
        `${base}/models`,
        open(() => listModels(app.catalog.current, now())),
        {
          detail: { ...details.models, hide },
        },
      )
      .get(`${base}/models/:id`, open(model), { detail: { ...details.model, hide } })
      // An id may hold a slash, and not every client encodes it.
      .get(`${base}/models/*`, open(model), { detail: { ...details.model, hide: true } })
      .get(
        `${base}/generation`,
        read((key, { query }: Context & { query: JsonObject }) =>
          showGeneration(store, key, String(query.id ?? '')),
        ),
        { detail: { ...details.generation, hide } },
      )
      .get(
        `${base}/key`,
        read((key) => showKey(store, key, now())),
        {
          detail: { ...details.key, hide },
        },
      )
      .get(
        `${base}/credits`,
        read((key) => showCredits(store, key)),
        {
          detail: { ...details.credits, hide },
        },
      )
  }
  return routes
}
