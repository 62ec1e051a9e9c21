/** A call's money in hand: opened before upstream is called, extended while a stream outgrows it, settled once (`settle.ts`). */

import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import type { Model, Route } from '../catalog/model.ts'
import type { Call } from '../dialects/dialect.ts'
import type { Key } from '../key/key.ts'
import { periodStart } from '../key/period.ts'
import type { Draft } from '../ledger/ledger.ts'
import { affordable, outputCost, type Quote } from './estimate.ts'
import type { Gateway } from './gateway.ts'
import type { Turn } from './limits.ts'
import { type Most, Tally } from './tally.ts'
import type { Trace } from './trace.ts'

export interface HoldInHand {
  id: string
  key: Key
  call: Call
  model: Model
  quote: Quote
  turn: Turn
  draft: Draft
  /** Nano-USD held now, and the output tokens a choice that it pays for. */
  held: bigint
  heldOutput: number
  /** Output tokens a choice that upstream is told; null leaves it to the model. */
  maxOutput: number | null
  /** What was odd about this call, for its record. */
  flags: Set<string>
  tally: Tally
  /** A lower bound on the prompt's tokens, once a note needs it. */
  leastInput: number | null
  /** Who is answering, once somebody is. */
  route: Route | null
  trace: Trace | null
  startedAt: number
}

interface Opening {
  model: Model
  quote: Quote
  turn: Turn
  caller: string | null
  trace: Trace | null
}

/** Refuses with `insufficient_credits`, `key_limit_reached`, or what else forbids account or key to spend. */
export async function openHold(
  app: Gateway,
  key: Key,
  call: Call,
  { model, quote, turn, caller, trace }: Opening,
): Promise<HoldInHand> {
  const now = app.clock.now()
  const id = newId('gen-', now)
  const draft: Draft = {
    modelId: model.id,
    priceId: quote.sell.id,
    buyPriceId: quote.buy?.id ?? null,
    streamed: call.stream,
    caller,
    createdAt: now,
    periodStart: periodStart(key.creditReset, now),
  }
  const { instanceId } = app
  const { amount, least } = quote
  trace?.step('hold')
  const held = await app.ledger.open(
    {
      ...{
        id,
        accountId: key.accountId,
        keyId: key.id,
        periodStart: draft.periodStart,
        instanceId,
      },
      ...{ amount, least, draft: JSON.stringify(draft) },
    },
    now,
  )
  const clamped = held < amount
  const heldOutput = clamped ? affordable(quote, held) : quote.outputTokens
  return {
    ...{ id, key, call, model, quote, turn, draft, held, heldOutput },
    maxOutput: clamped ? heldOutput : quote.maxOutput,
    flags: new Set(clamped ? ['clamped'] : []),
    tally: new Tally(mostOf(model, call)),
    leastInput: null,
    ...{ route: null, trace },
    startedAt: app.clock.elapsed(),
  }
}

/** An embedding's prompts are many, each within the context; together they are no more tokens than bytes. */
function mostOf({ kind, contextLength, maxOutput }: Model, { textBytes, choices }: Call): Most {
  const input = kind === 'chat' ? contextLength : textBytes
  return { input, output: (maxOutput ?? contextLength) * choices }
}

/** A step of this many tokens is tried when the account does not cover a whole one. */
const smallStep = 64
/** The hold grows before the stream reaches its end. */
const growAt = 0.75

/** Whether the stream will soon outgrow what is held. */
export function outgrows(hold: HoldInHand): boolean {
  if (hold.maxOutput !== null || hold.quote.outputPico === 0n) return false
  return hold.tally.outputBound / hold.call.choices > hold.heldOutput * growAt
}

/** Whether it has outgrown it: nothing more may be sent. */
export function outgrown(hold: HoldInHand): boolean {
  if (hold.maxOutput !== null || hold.quote.outputPico === 0n) return false
  return hold.tally.outputBound / hold.call.choices > hold.heldOutput
}

/** Holds another step, the overdraft allowance included [T3.4]; false when neither credit nor allowance covers it. */
export async function extendHold(app: Gateway, hold: HoldInHand): Promise<boolean> {
  for (const tokens of [app.settings.streamExpectation, smallStep]) {
    const by = outputCost(hold.quote, tokens)
    try {
      await app.ledger.extend(hold.id, by, app.settings.overdraft, app.clock.now())
      hold.held += by
      hold.heldOutput += tokens
      return true
    } catch (cause) {
      hold.flags.add(cause instanceof AppError ? cause.code : 'extension_failed')
    }
  }
  return false
}
