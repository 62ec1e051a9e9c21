/**
 * What a call may cost, before it is made (money.md §3): input by bytes, an upper bound that needs no tokenizer, at the
 * highest rate that could apply; output by the client's limit, the model's, or for a stream without one a modest
 * expectation that is extended as the stream outgrows it. The price in force now is frozen with it.
 */

import { AppError } from '../base/error.ts'
import type { UnitClass } from '../base/units.ts'
import { priceAt } from '../catalog/book.ts'
import type { Model, PriceVersion } from '../catalog/model.ts'
import type { Call } from '../dialects/dialect.ts'
import type { GatewaySettings } from './gateway.ts'

export interface Quote {
  sell: PriceVersion
  buy: PriceVersion | null
  /** An upper bound. */
  inputTokens: number
  /** Input and what is charged by the request, in pico-USD. */
  inputPico: bigint
  /** Pico-USD for one token of output in every choice. */
  outputPico: bigint
  /** Output tokens held for, a choice. */
  outputTokens: number
  /** What upstream is told, a choice; null leaves it to the model (a stream without a limit). */
  maxOutput: number | null
  amount: bigint
  least: bigint
}

const tokensPerByte = 0.35
const imageTokens = 2_048
const fileTokens = 100_000
/** Fewer tokens than this are no answer worth clamping to. */
const leastOutput = 256
const inputClasses: readonly UnitClass[] = [
  'input',
  'cache_read',
  'cache_write',
  'cache_write_1h',
  'audio_in',
]
const outputClasses: readonly UnitClass[] = ['output', 'reasoning', 'audio_out']

/** Refuses with `model_not_found` when no confirmed price is in force: a model is never sold without one. */
export function estimate(settings: GatewaySettings, model: Model, call: Call, now: number): Quote {
  const sell = priceAt(model, 'sell', now)
  if (sell === null) throw new AppError('model_not_found', { param: 'model' })
  const inputTokens = boundInput(model, call)
  const inputPico =
    BigInt(inputTokens) * highest(sell, inputClasses, inputTokens) +
    highest(sell, ['request'], inputTokens)
  const outputPico = highest(sell, outputClasses, inputTokens) * BigInt(call.choices)
  const [outputTokens, maxOutput] = boundOutput(settings, model, call)
  const amount = nano(inputPico + BigInt(outputTokens) * outputPico)
  const fewest = settings.clamp ? Math.min(outputTokens, leastOutput) : outputTokens
  return {
    sell,
    buy: priceAt(model, 'buy', now),
    ...{ inputTokens, inputPico, outputPico, outputTokens, maxOutput, amount },
    least: nano(inputPico + BigInt(fewest) * outputPico),
  }
}

/** Output tokens a choice that a held amount pays for. */
export function affordable(quote: Quote, held: bigint): number {
  if (quote.outputPico === 0n) return quote.outputTokens
  const tokens = (held * 1000n - quote.inputPico) / quote.outputPico
  return tokens < 0n ? 0 : Number(tokens)
}

/** What so many more output tokens a choice cost. */
export function outputCost(quote: Quote, tokens: number): bigint {
  return nano(BigInt(tokens) * quote.outputPico)
}

function boundInput(model: Model, call: Call): number {
  const text = call.inputTokens ?? Math.ceil(call.textBytes * tokensPerByte)
  const images = call.images * (model.traits.imageTokens ?? imageTokens)
  const files = call.files * (model.traits.fileTokens ?? fileTokens)
  const tokens = text + images + files
  // A chat's prompt cannot outgrow the model's context; a batch of embeddings is many prompts.
  return model.kind === 'chat' ? Math.min(tokens, model.contextLength) : tokens
}

function boundOutput(settings: GatewaySettings, model: Model, call: Call): [number, number | null] {
  if (model.kind === 'embeddings') return [0, null]
  const most = model.maxOutput ?? model.contextLength
  if (call.maxOutput !== null) {
    const limit = Math.min(call.maxOutput, most)
    return [limit, limit]
  }
  if (!call.stream) return [most, most]
  return [Math.min(model.traits.streamExpectation ?? settings.streamExpectation, most), null]
}

/** The highest price of any of these classes at any prompt length up to the bound, fallbacks included. */
function highest(version: PriceVersion, classes: readonly UnitClass[], prompt: number): bigint {
  let most = 0n
  for (const rate of version.rates) {
    if (rate.minPromptTokens > prompt || rate.price <= most) continue
    if (classes.some((unit) => unit === rate.unit)) most = rate.price
  }
  return most
}

function nano(pico: bigint): bigint {
  return (pico + 999n) / 1000n
}
