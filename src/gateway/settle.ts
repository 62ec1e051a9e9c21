/**
 * The end of a call's money: what was used, what it costs at the price frozen at admission, one post or one void. Every
 * way a call can end comes here once; who pays when it ends badly is `measure`, as money.md §4 says it.
 */
import { costOf, formatUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { completionTokens, promptTokens, type Units } from '../base/units.ts'
import type { Bill } from '../dialects/dialect.ts'
import type { Outcome, UsageSource } from '../ledger/ledger.ts'
import { refusalOf } from './attempt.ts'
import type { Gateway } from './gateway.ts'
import type { HoldInHand } from './hold.ts'
import { leastTokens, promptTexts } from './tally.ts'
import { describeEnd, errorType } from './trace.ts'

export interface Ending {
  outcome: Outcome
  /** The HTTP status that the client got, or would have. */
  status: number
  /** For the log. */
  error?: unknown
}

interface Measured {
  units: Units
  source: UsageSource
}

/** Answers what the client is told it cost. Durable when it resolves. */
export async function settle(app: Gateway, hold: HoldInHand, ending: Ending): Promise<Bill> {
  const { trace } = hold
  if (ending.outcome === 'broken') trace?.fail(ending.error)
  trace?.step('settle')
  const { units, source } = await measure(app, hold, ending.outcome)
  const { sell, buy } = hold.quote
  if (source !== 'none' && sell.rates.some((rate) => rate.unit === 'request')) units.request = 1
  const cost = costOf(units, sell.rates)
  const durationMs = Math.round(app.clock.elapsed() - hold.startedAt)
  const first = hold.tally.firstTokenAt
  const firstTokenMs = first === null ? null : Math.round(first - hold.startedAt)
  const charged = await persist(() =>
    app.ledger.resolve(
      {
        id: hold.id,
        draft: hold.draft,
        channelId: hold.route?.channel.id ?? null,
        ...{ units, cost, buyCost: buy === null ? 0n : costOf(units, buy.rates) },
        reportedCost: hold.tally.usage?.reportedCost ?? null,
        ...{ usageSource: source, outcome: ending.outcome, status: ending.status },
        flags: hold.flags.size === 0 ? null : [...hold.flags].join(','),
        finishReason: hold.tally.finish,
        ...{ firstTokenMs, durationMs },
        overdraft: app.settings.overdraft,
        capAtHold: source === 'counted' || source === 'estimated',
      },
      app.clock.now(),
    ),
  ).catch((cause) => {
    trace?.end(errorType(cause))
    throw cause
  })
  trace?.end(ending.error === undefined ? null : refusalOf(ending.error).code, {
    ...describeEnd({ id: hold.id, finish: hold.tally.finish, units, firstTokenMs }),
    ...{ 'http.response.status_code': ending.status, 'kkai.outcome': ending.outcome },
  })
  hold.turn.done(promptTokens(units) + completionTokens(units))
  app.metrics.called({
    ...{ model: hold.model.id, operation: hold.model.kind, outcome: ending.outcome, units },
    ...{ charged: charged ?? 0n, durationMs, firstTokenMs },
  })
  logCall(app, hold, ending, charged ?? 0n)
  if (hold.key.account.bodyDays > 0 || hold.key.investigations.length > 0) {
    // Nobody waits for it.
    app.bodies
      .keep(hold, app.clock.now())
      .catch((cause) => app.log.warn('body.not_kept', { request: hold.id, cause }))
  }
  return { units, cost: formatUsd(charged ?? 0n) }
}

/** What is charged for, by how the call ended. */
async function measure(app: Gateway, hold: HoldInHand, outcome: Outcome): Promise<Measured> {
  const nothing: Measured = { units: {}, source: 'none' }
  const { tally } = hold
  if (outcome === 'refused' || outcome === 'failed') return nothing
  if (outcome === 'complete') {
    if (!tally.delivered && tally.finish === 'content_filter' && !app.settings.chargeEmptyErrors) {
      return nothing
    }
    if (tally.usage?.plausible) return { units: { ...tally.usage.units }, source: 'provider' }
    hold.flags.add(tally.usage === null ? 'missing_usage' : 'implausible_usage')
    app.metrics.doubtedUsage(hold.model.id)
  } else if (!tally.delivered && (outcome !== 'client_left' || hold.route === null)) {
    return nothing
  }
  return count(app, hold)
}

/** Input as the upstream reported it, else counted; output as delivered. */
async function count(app: Gateway, hold: HoldInHand): Promise<Measured> {
  const { call, tally } = hold
  const { texts, least } = tally
  const overhead = 3 * (Array.isArray(call.body.messages) ? call.body.messages.length + 1 : 0)
  const ask = (texts: string[]) => app.counter.count(texts)
  const words = promptTexts(call)
  const [prompt, text, thought] = await Promise.all([
    tally.reportedInput ?? call.inputTokens ?? ask(words),
    ask(texts.output),
    ask(texts.reasoning),
  ])
  const counted = prompt !== null && text !== null && thought !== null
  const input: Units =
    prompt === null
      ? { input: leastTokens(words) }
      : typeof prompt === 'number'
        ? { input: prompt + overhead }
        : prompt
  const output = { output: text ?? least.output, reasoning: thought ?? least.reasoning }
  return { units: { ...input, ...output }, source: counted ? 'counted' : 'estimated' }
}

const firstPauseMs = 50
const longestPauseMs = 1_000
const patienceMs = 30_000

/** A settlement that the store could not take is an unknown outcome: the same one is tried again, by its id. */
async function persist<T>(write: () => Promise<T>): Promise<T> {
  let waited = 0
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await write()
    } catch (cause) {
      const passing = cause instanceof AppError && cause.code === 'storage_unavailable'
      if (!passing || waited >= patienceMs) throw cause
      await Bun.sleep(pauseMs)
      waited += pauseMs
    }
  }
}

function logCall(app: Gateway, hold: HoldInHand, ending: Ending, charged: bigint): void {
  const facts = {
    ...{ request: hold.id, account: hold.key.accountId, key: hold.key.id, model: hold.model.id },
    ...{ channel: hold.route?.channel.id, outcome: ending.outcome, status: ending.status },
    ...{ charged_nano: String(charged), ms: Math.round(app.clock.elapsed() - hold.startedAt) },
  }
  if (hold.tally.usage?.reportedCost === null) app.log.warn('cost.doubted', facts)
  if (ending.error === undefined) app.log.debug('call.settled', facts)
  else app.log.info('call.ended', { ...facts, cause: ending.error })
}
