/**
 * A canonical conversation as an Anthropic request (wire.md §5). Turns alternate, and every tool call is answered in the
 * turn after it, results first; what cannot be said is refused by its place in the client's JSON.
 */
import { assert } from '../base/assert.ts'
import type { JsonObject } from '../base/json.ts'
import { writePart } from './anthropic-blocks.ts'
import { writeOptions } from './anthropic-options.ts'
import { refuse, type ToolCallPart, type Turn, unsupported } from './chat.ts'
import type { Call, Quirks, Target, Written } from './dialect.ts'
import { textOf } from './parse.ts'

const mostBreakpoints = 4

export function writeMessagesRequest(call: Call, target: Target): Written {
  const chat = call.chat()
  const { quirks, maxOutput } = target
  assert(maxOutput !== null, 'the output of an Anthropic model is always limited')
  const system = chat.system.map(writePart)
  const messages = writeTurns(chat.turns, quirks)
  const ignored = [...chat.ignored]
  const options = writeOptions(chat, quirks, { maxOutput, mayThink: mayThink(messages) }, ignored)
  keepLastBreakpoints([
    ...(options.tools ?? []),
    ...system,
    ...messages.flatMap((message) => message.content),
  ])
  const body: JsonObject = {
    model: target.model,
    max_tokens: maxOutput,
    ...(system.length > 0 && { system }),
    messages,
    ...options,
    ...(call.stream && { stream: true }),
    ...(chat.user !== null && { metadata: { user_id: hash(chat.user) } }),
  }
  return { body, ignored }
}

/** The provider may know that two calls are one user's, not who that is. */
function hash(user: string): string {
  return new Bun.CryptoHasher('sha256').update(user).digest('hex')
}

type Message = { role: 'system' | 'user' | 'assistant'; content: JsonObject[] }

function writeTurns(turns: Turn[], quirks: Quirks): Message[] {
  const messages: Message[] = []
  let calls: ToolCallPart[] = []
  for (const run of splitRuns(turns.filter((turn) => turn.parts.length > 0))) {
    checkAnswers(calls, run)
    if (run[0]?.role === 'assistant') {
      const parts = run.flatMap((turn) => turn.parts)
      calls = parts.filter((part) => part.type === 'tool_call')
      messages.push({ role: 'assistant', content: parts.map(writePart) })
    } else {
      calls = []
      messages.push(...writeUserRun(run, quirks))
    }
  }
  checkAnswers(calls, [])
  if (messages.length === 0)
    throw refuse('messages', 'messages must hold more than system messages.')
  checkPrefill(messages, turns, quirks)
  return messages
}

/** Neighbours that become one turn: the assistant's, or everyone else's. */
function splitRuns(turns: Turn[]): Turn[][] {
  const runs: Turn[][] = []
  for (const turn of turns) {
    const run = runs.at(-1)
    const same = (run?.[0]?.role === 'assistant') === (turn.role === 'assistant')
    if (run !== undefined && same) run.push(turn)
    else runs.push([turn])
  }
  return runs
}

/** Each call of a turn is answered once in the next, and nothing else is. */
function checkAnswers(calls: ToolCallPart[], run: Turn[]): void {
  const open = new Map(calls.map((call) => [call.id, call]))
  for (const turn of run) {
    for (const part of turn.parts) {
      if (part.type === 'tool_result' && !open.delete(part.id)) {
        throw refuse(
          `${part.at}.tool_call_id`,
          `No open call ${part.id} precedes this tool message.`,
        )
      }
    }
  }
  for (const call of open.values()) {
    throw refuse(call.at, `Call ${call.id} is not answered by a tool message after it.`)
  }
}

/**
 * Results come first. A system message keeps its place as the user's text, unless the model takes it as one and it
 * stands where that is allowed: after all that the user said.
 */
function writeUserRun(run: Turn[], quirks: Quirks): Message[] {
  const said = run.findLastIndex((turn) => turn.role === 'user') + 1
  const apart = quirks.systemBetweenTurns === true && said > 0
  const parts = (apart ? run.slice(0, said) : run).flatMap((turn) => turn.parts)
  const results = parts.filter((part) => part.type === 'tool_result')
  const others = parts.filter((part) => part.type !== 'tool_result')
  const user: Message = { role: 'user', content: [...results, ...others].map(writePart) }
  const system = apart ? run.slice(said).flatMap((turn) => turn.parts.map(writePart)) : []
  return system.length === 0 ? [user] : [user, { role: 'system', content: system }]
}

/** A trailing assistant turn is continued by the model; it must not end in white space. */
function checkPrefill(messages: Message[], turns: Turn[], quirks: Quirks): void {
  const last = messages.at(-1)
  if (last?.role !== 'assistant') return
  if (quirks.prefill === false) {
    const at = turns.at(-1)?.at ?? 'messages'
    throw unsupported(
      at,
      'This model cannot continue an assistant message: the last must be a user message.',
    )
  }
  const block = last.content.at(-1)
  if (typeof block?.text === 'string') block.text = block.text.trimEnd()
}

/** In a tool loop, a model with a token budget goes on thinking only where its thinking came back. */
function mayThink(messages: Message[]): boolean {
  if (messages.at(-1)?.content[0]?.type !== 'tool_result') return true
  const before = messages.findLast((message) => message.role === 'assistant')
  return textOf(before?.content[0]?.type).endsWith('thinking')
}

/** More breakpoints than are allowed: the earlier ones give way, as with OpenAI. */
function keepLastBreakpoints(blocks: JsonObject[]): void {
  const marked = blocks.filter((block) => block.cache_control !== undefined)
  for (const block of marked.slice(0, -mostBreakpoints)) delete block.cache_control
}
