/**
 * A chat completion as OpenAI writes it, whole or in frames, and as the hosts write it that say they are compatible
 * (`Quirks`).
 */
import { formatUsd } from '../../base/amount.ts'
import type { JsonObject } from '../../base/json.ts'
import type { Units } from '../../base/units.ts'
import type { Answer, ToolCall } from './answer.ts'
import { countAnswers } from './answer.ts'
import type { Model } from './models.ts'
import { created, type Frame } from './turn.ts'
import { charge, type Reported, report, writeUsage } from './usage.ts'

export interface ChatAnswer {
  id: string
  model: Model
  answers: Answer[]
  /** Input classes of the prompt. */
  input: Units
  usageAsked: boolean
}

const finishReasons: { [finish in Answer['finish']]: string } = {
  stop: 'stop',
  length: 'length',
  tools: 'tool_calls',
  refused: 'stop',
  filtered: 'content_filter',
}

const safe = { hate: { filtered: false, severity: 'safe' } }

export function writeReply(answer: ChatAnswer): Frame {
  const { id, model, answers, input } = answer
  const units = { ...input, ...countAnswers(answers) }
  const usage = report(units, model.usage)
  const choices = answers.map((choice, index) => ({
    index,
    message: writeMessage(id, choice, model, index),
    logprobs: null,
    finish_reason: finishOf(choice, model),
    ...(model.quirks?.contentFilter && { content_filter_results: safe }),
  }))
  const head = { id, object: 'chat.completion', created, model: model.name, choices }
  const tail = usage === null ? '' : `,"usage":${usageText(usage, model)}`
  return {
    text: `${JSON.stringify(head).slice(0, -1)}${tail},"system_fingerprint":"fp_simulator"}`,
    output: units.output ?? 0,
    reasoning: units.reasoning ?? 0,
    usage,
  }
}

function writeMessage(id: string, answer: Answer, model: Model, choice: number) {
  const { thoughts, words, calls, finish } = answer
  const text = words.join('')
  const refused = finish === 'refused'
  const content = model.quirks?.contentParts ? [{ type: 'text', text }] : text
  return {
    role: 'assistant',
    content: refused || (text === '' && calls.length > 0) ? null : content,
    refusal: refused ? text : null,
    ...(thoughts.length > 0 && { reasoning_content: thoughts.join('') }),
    ...(calls.length > 0 && {
      tool_calls: calls.map((call) => ({
        id: callId(id, choice, call),
        type: 'function',
        function: { name: call.name, arguments: call.pieces.join('') },
      })),
    }),
  }
}

function callId(id: string, choice: number, call: ToolCall): string {
  return `call_${id.slice(9)}${choice}${call.index}`
}

function finishOf({ finish }: Answer, model: Model): string {
  return finish === 'tools' && model.quirks?.stopForTools ? 'stop' : finishReasons[finish]
}

function usageText(told: Reported, model: Model): string {
  const completion =
    model.quirks?.reasoningOutside && !model.usage
      ? Number(told.completion) - Number(told.reasoning)
      : told.completion
  return writeUsage({
    prompt_tokens: told.prompt,
    completion_tokens: completion,
    total_tokens: Number(told.prompt) + Number(told.completion),
    prompt_tokens_details: { cached_tokens: told.cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: told.reasoning, audio_tokens: 0 },
    ...sayCost(told, model),
  })
}

function sayCost(told: Reported, { quirks, usage, cost }: Model): JsonObject {
  if (quirks?.costIn === undefined || usage) return {}
  const nano = charge(told, cost)
  return quirks.costIn === 'ticks'
    ? { cost_in_usd_ticks: Number(nano * 10n) }
    : { cost: Number(formatUsd(nano)), cost_details: { upstream_inference_cost: null } }
}

/** Deltas of one choice, one token each, and its finish. */
function* writeDeltas(answer: ChatAnswer, index: number): Generator<Delta> {
  const { id, model } = answer
  const choice = answer.answers[index]!
  yield { delta: '{"role":"assistant","content":"","refusal":null}' }
  for (const piece of choice.thoughts) {
    yield { delta: `{"reasoning_content":${JSON.stringify(piece)}}`, reasoning: 1 }
  }
  const field = choice.finish === 'refused' ? 'refusal' : 'content'
  for (const piece of choice.words) {
    const text = JSON.stringify(piece)
    const value = model.quirks?.contentParts ? `[{"type":"text","text":${text}}]` : text
    yield { delta: `{"${field}":${value}}`, output: 1 }
  }
  for (const call of choice.calls) yield* writeCall(call, callId(id, index, call), model)
  yield { delta: '{}', finish: finishOf(choice, model) }
}

interface Delta {
  delta: string
  finish?: string
  output?: number
  reasoning?: number
}

function* writeCall(call: ToolCall, id: string, model: Model): Generator<Delta> {
  const place: JsonObject = model.quirks?.noToolIndex ? {} : { index: call.index }
  const write = (fields: JsonObject) => JSON.stringify({ tool_calls: [{ ...place, ...fields }] })
  const whole = model.quirks?.wholeCalls ? call.pieces : []
  const first = { name: call.name, arguments: whole.join('') }
  yield { delta: write({ id, type: 'function', function: first }), output: whole.length }
  for (const piece of call.pieces.slice(whole.length)) {
    const next = { ...(model.quirks?.emptyNames && { name: '' }), arguments: piece }
    yield { delta: write({ function: next }), output: 1 }
  }
}

export function* writeFrames(answer: ChatAnswer): Generator<Frame> {
  const { id, model, usageAsked } = answer
  const at = model.quirks?.usageAt ?? 'end'
  const head = `data: {"id":"${id}","object":"chat.completion.chunk","created":${created},"model":${JSON.stringify(model.name)},"system_fingerprint":"fp_simulator","choices":[`
  const plainTail = usageAsked && at === 'end' && !model.usage ? '],"usage":null}\n\n' : ']}\n\n'
  const filter = model.quirks?.contentFilter
    ? `,"content_filter_results":${JSON.stringify(safe)}`
    : ''
  if (filter) {
    const results = JSON.stringify([{ prompt_index: 0, content_filter_results: safe }])
    yield { text: `${head}],"prompt_filter_results":${results}}\n\n` }
  }

  const sofar: Units = { ...answer.input, output: 0, reasoning: 0 }
  for (const { index, delta, finish, output = 0, reasoning = 0 } of interleave(answer)) {
    sofar.output! += output
    sofar.reasoning! += reasoning
    const reason = finish === undefined ? 'null' : `"${finish}"`
    const choice = `{"index":${index},"delta":${delta},"logprobs":null,"finish_reason":${reason}${filter}}`
    const shown = at === 'every' || (finish !== undefined && (at === 'finish' || at === 'groq'))
    const usage = shown ? report(sofar, model.usage) : null
    if (usage === null) yield { text: head + choice + plainTail, output, reasoning }
    else {
      const text = usageText(usage, model)
      const told =
        at === 'groq' ? `"x_groq":{"id":"req_${id.slice(9)}","usage":${text}}` : `"usage":${text}`
      yield { text: `${head}${choice}],${told}}\n\n`, output, reasoning, usage }
    }
  }
  const usage = usageAsked && at !== 'never' && at !== 'finish' ? report(sofar, model.usage) : null
  if (usage) {
    yield { text: `${head}],"usage":${usageText(usage, model)}}\n\n`, usage }
  }
  yield { text: 'data: [DONE]\n\n' }
}

/** The choices' deltas by turns, as a real provider mixes them. */
function* interleave(answer: ChatAnswer): Generator<Delta & { index: number }> {
  const running = answer.answers.map((_, index) => ({ index, deltas: writeDeltas(answer, index) }))
  while (running.length > 0) {
    for (const one of [...running]) {
      const { value, done } = one.deltas.next()
      if (done) running.splice(running.indexOf(one), 1)
      else yield { ...value, index: one.index }
    }
  }
}
