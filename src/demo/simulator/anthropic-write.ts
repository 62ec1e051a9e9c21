/** A message as Anthropic writes it, whole or as its sequence of events. */
import type { JsonObject } from '../../base/json.ts'
import type { Units } from '../../base/units.ts'
import { type Answer, countAnswers } from './answer.ts'
import { signThinking } from './anthropic-turns.ts'
import type { Model } from './models.ts'
import type { Frame } from './turn.ts'
import { type Reported, report, writeUsage } from './usage.ts'

export interface MessageAnswer {
  id: string
  model: Model
  answer: Answer
  input: Units
  seed: number
  thinkingHidden: boolean
}

const stopReasons: { [finish in Answer['finish']]: string } = {
  stop: 'end_turn',
  length: 'max_tokens',
  tools: 'tool_use',
  refused: 'refusal',
  filtered: 'refusal',
}

export function writeReply(message: MessageAnswer): Frame {
  const units = { ...message.input, ...countAnswers([message.answer]) }
  const usage = report(units, message.model.usage)
  const content = blocksOf(message).map(({ start, pieces, field, signature }) => {
    const text = pieces.join('')
    const value = field === 'input' ? parseArguments(text) : text
    return { ...start, [field]: value, ...(signature && { signature }) }
  })
  return {
    text: writeMessage(message, content, finishOf(message.answer), usage),
    output: units.output ?? 0,
    reasoning: units.reasoning ?? 0,
    usage,
  }
}

/** Arguments that were cut are shown as far as they are an object at all. */
function parseArguments(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

function finishOf({ finish, stop }: Answer) {
  const reason = stop !== null && finish === 'stop' ? 'stop_sequence' : stopReasons[finish]
  const refused = { type: 'refusal', category: 'general_harms', explanation: null }
  return {
    stop_reason: reason,
    stop_sequence: stop,
    ...(reason === 'refusal' && { stop_details: refused }),
  }
}

function writeMessage(
  { id, model }: MessageAnswer,
  content: unknown[],
  finish: JsonObject,
  usage: Reported | null,
): string {
  const head = { id, type: 'message', role: 'assistant', model: model.name, content, ...finish }
  const tail = usage === null ? '}' : `,"usage":${usageText(usage)}}`
  return JSON.stringify(head).slice(0, -1) + tail
}

function usageText({ input, cached, cache_write, cache_write_1h, completion }: Reported): string {
  return writeUsage({
    input_tokens: input,
    cache_creation_input_tokens: cache_write,
    cache_read_input_tokens: cached,
    cache_creation: {
      ephemeral_5m_input_tokens: Number(cache_write) - Number(cache_write_1h),
      ephemeral_1h_input_tokens: cache_write_1h,
    },
    output_tokens: completion,
    service_tier: 'standard',
  })
}

/** A content block: how it starts, and the field that its deltas fill, one token each. */
interface Block {
  start: JsonObject
  field: 'text' | 'thinking' | 'input'
  pieces: string[]
  signature?: string
  /** What a piece counts as. */
  unit: 'output' | 'reasoning'
}

function blocksOf({ id, answer, seed, thinkingHidden }: MessageAnswer): Block[] {
  const { thoughts, words, calls } = answer
  const blocks: Block[] = []
  if (thoughts.length > 0) {
    const shown = thinkingHidden ? [] : thoughts
    const signature = signThinking(shown.join(''), seed)
    blocks.push({
      start: { type: 'thinking', thinking: '', signature: '' },
      field: 'thinking',
      pieces: shown,
      signature,
      unit: 'reasoning',
    })
  }
  if (words.length > 0) {
    blocks.push({ start: { type: 'text', text: '' }, field: 'text', pieces: words, unit: 'output' })
  }
  for (const { index, name, pieces } of calls) {
    const start = { type: 'tool_use', id: `toolu_${id.slice(4)}${index}`, name, input: {} }
    blocks.push({ start, field: 'input', pieces, unit: 'output' })
  }
  return blocks
}

const deltas = {
  text: (piece: string) => `{"type":"text_delta","text":${piece}}`,
  thinking: (piece: string) => `{"type":"thinking_delta","thinking":${piece}}`,
  input: (piece: string) => `{"type":"input_json_delta","partial_json":${piece}}`,
}

export function* writeFrames(message: MessageAnswer): Generator<Frame> {
  const { model, answer, input } = message
  const told = report({ ...(model.revisesInput ? { input: 1 } : input), output: 1 }, model.usage)
  const unfinished = { stop_reason: null, stop_sequence: null }
  const start = {
    ...event('message_start', `"message":${writeMessage(message, [], unfinished, told)}`),
    usage: told,
  }
  yield start
  if (model.startsTwice) yield start
  for (const [index, block] of blocksOf(message).entries()) {
    yield event(
      'content_block_start',
      `"index":${index},"content_block":${JSON.stringify(block.start)}`,
    )
    if (index === 0) yield event('ping')
    const delta = (text: string) => event('content_block_delta', `"index":${index},"delta":${text}`)
    if (block.field === 'input') yield delta(deltas.input('""'))
    for (const piece of block.pieces) {
      yield { ...delta(deltas[block.field](JSON.stringify(piece))), [block.unit]: 1 }
    }
    if (block.signature) {
      const { signature } = block
      // Hidden thinking is paid for though it is not shown: it goes out with its signature.
      const hidden = answer.thoughts.length - block.pieces.length
      yield { ...delta(JSON.stringify({ type: 'signature_delta', signature })), reasoning: hidden }
    }
    yield event('content_block_stop', `"index":${index}`)
  }
  const usage = report({ ...input, ...countAnswers([answer]) }, model.usage)
  const end = `"delta":${JSON.stringify(finishOf(answer))}${usage === null ? '' : `,"usage":${usageText(usage)}`}`
  yield { ...event('message_delta', end), usage }
  yield event('message_stop')
}

function event(type: string, fields = ''): Frame {
  return { text: `event: ${type}\ndata: {"type":"${type}"${fields && ','}${fields}}\n\n` }
}
