/**
 * The data's way: what happens to a call, top to bottom. A refusal is thrown from where it is found; from the hold on,
 * every ending settles it once.
 */
import { AppError } from '../base/error.ts'
import { isSold } from '../catalog/book.ts'
import type { Model } from '../catalog/model.ts'
import type { Call } from '../dialects/dialect.ts'
import { clientDialects } from '../dialects/list.ts'
import type { Key } from '../key/key.ts'
import { estimate } from './estimate.ts'
import type { Gateway } from './gateway.ts'
import { type HoldInHand, openHold } from './hold.ts'
import { signRefusal } from './reply.ts'
import { answerStream } from './stream.ts'
import { errorType, type Trace } from './trace.ts'
import { answerWhole } from './whole.ts'

/** Who calls, beside the key. */
export interface Caller {
  /** The caller's own name for itself (`X-Title`, `HTTP-Referer`); null when it gives none. */
  name: string | null
  /** The client's `traceparent`; null without one, and while nothing is traced. */
  traceparent: string | null
  /** Aborts when the client is gone. */
  signal: AbortSignal
}

export async function relay(app: Gateway, key: Key, call: Call, caller: Caller): Promise<Response> {
  const turn = app.limiter.take(key, foreseenTokens(call), app.clock.elapsed())
  let hold: HoldInHand | null = null
  let trace: Trace | null = null
  try {
    const model = sellable(app, key, call)
    trace = app.tracer?.begin(model, call.stream, caller.traceparent) ?? null
    const quote = estimate(app.settings, model, call, app.clock.now())
    hold = await openHold(app, key, call, { model, quote, turn, caller: caller.name, trace })
    return call.stream
      ? await answerStream(app, hold, caller.signal)
      : await answerWhole(app, hold, caller.signal)
  } catch (cause) {
    turn.done(0)
    signRefusal(cause, turn, hold)
    trace?.end(errorType(cause))
    throw cause
  }
}

/** For the tokens a minute: corrected to what was used when the call ends. */
function foreseenTokens(call: Call): number {
  return (call.inputTokens ?? Math.ceil(call.textBytes / 4)) + (call.maxOutput ?? 0) * call.choices
}

/** Refuses with `model_not_found` or `model_not_allowed`. */
function sellable(app: Gateway, key: Key, call: Call): Model {
  const model = app.catalog.current.models.get(call.model)
  const wanted = clientDialects[call.dialect].kind
  if (model === undefined || !isSold(model, app.clock.now())) {
    throw new AppError('model_not_found', {
      param: 'model',
      message: missingWords(call.model, model),
    })
  }
  if (model.kind !== wanted) {
    const message = `The model \`${call.model}\` is for ${model.kind}, not for ${wanted}.`
    throw new AppError('model_not_found', { param: 'model', message })
  }
  if (key.models !== null && !key.models.has(model.id)) {
    throw new AppError('model_not_allowed', { param: 'model' })
  }
  return model
}

function missingWords(name: string, model: Model | undefined): string {
  const words = `The model \`${name}\` does not exist or is not sold here.`
  if (model?.successorId) return `${words} Use \`${model.successorId}\` instead.`
  return `${words} GET /api/v1/models lists what is.`
}
