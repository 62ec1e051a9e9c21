/**
 * One small call to one channel, for an operator who asks whether it works: through the same client and dialects as every
 * call, but of no account. Nothing is charged, and no breaker learns of it.
 */
import { lookup } from 'node:dns/promises'
import { isPrivateHost } from '../base/address.ts'
import { newId } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import type { Units } from '../base/units.ts'
import type { Model, Route } from '../catalog/model.ts'
import type { CallEvent, Failure } from '../dialects/dialect.ts'
import { clientDialects } from '../dialects/list.ts'
import type { Attempt } from './attempt.ts'
import { broken, ProviderError } from './failure.ts'
import type { Gateway } from './gateway.ts'
import { ask, providerError } from './upstream.ts'

export interface Probe {
  ms: number
  /** The first characters of its answer; null for embeddings, and where it did not answer. */
  sample: string | null
  units: Units
  /** Why it did not answer; null where it did. In the upstream's words: for the operator only. */
  failure: Pick<Failure, 'kind' | 'message'> | null
}

const longestMs = 30_000
const longestSample = 200
const tokens = 32

/** `allowPrivate`: this machine or its network is meant; else a name that leads there is not called. */
export async function probe(
  app: Pick<Gateway, 'client' | 'clock' | 'settings'>,
  model: Model,
  route: Route,
  allowPrivate: boolean,
): Promise<Probe> {
  const call = writeCall(model)
  const attempt: Pick<Attempt, 'exchange' | 'dueAt'> = { exchange: null, dueAt: 0 }
  const overdue = broken('it took too long', 'timeout')
  const timer = setTimeout(() => attempt.exchange?.cancel(overdue), longestMs)
  const startedAt = app.clock.elapsed()
  const passed = () => Math.round(app.clock.elapsed() - startedAt)
  try {
    if (!allowPrivate) await refusePrivate(route.channel.baseUrl)
    const id = newId('gen-', app.clock.now())
    const answer = await ask(app, { id, call, model, maxOutput: call.maxOutput }, route, attempt)
    const events = answer.reads.flatMap((read) => read.events)
    return { ms: passed(), sample: sampleOf(events), units: unitsOf(events), failure: null }
  } catch (cause) {
    const { kind, message } = providerError(cause).failure
    return { ms: passed(), sample: null, units: {}, failure: { kind, message } }
  } finally {
    clearTimeout(timer)
    attempt.exchange?.abandon()
  }
}

function writeCall({ id, kind }: Model) {
  const prompt = 'Say hello in one short sentence.'
  const body: JsonObject =
    kind === 'embeddings'
      ? { model: id, input: prompt }
      : { model: id, messages: [{ role: 'user', content: prompt }], max_tokens: tokens }
  const dialect = kind === 'embeddings' ? 'openai-embeddings' : 'openai-chat'
  return clientDialects[dialect].readRequest(body, JSON.stringify(body).length)
}

async function refusePrivate(baseUrl: string): Promise<void> {
  const { hostname } = new URL(baseUrl)
  const addresses = await lookup(hostname.replace(/^\[|\]$/g, ''), { all: true }).catch((cause) => {
    throw new ProviderError(
      { kind: 'broken', message: `${hostname} has no address`, param: null, code: null },
      null,
      { cause },
    )
  })
  if (addresses.some(({ address }) => isPrivateHost(address))) {
    throw broken(`${hostname} is in a private network, which this channel does not allow`)
  }
}

function sampleOf(events: readonly CallEvent[]): string | null {
  const text = events.map((event) => (event.type === 'text' ? event.text : '')).join('')
  return text === '' ? null : text.slice(0, longestSample)
}

function unitsOf(events: readonly CallEvent[]): Units {
  const usage = events.findLast((event) => event.type === 'usage')?.usage
  return usage?.plausible ? usage.units : {}
}
