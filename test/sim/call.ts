/** A call of a simulated run: by the product's own way from the key on, and a client that reads, dawdles or leaves. */

import { AppError } from '../../src/base/error.ts'
import type { JsonObject } from '../../src/base/json.ts'
import { SseReader } from '../../src/base/sse.ts'
import { drawWords } from '../../src/demo/simulator/words.ts'
import { clientDialects } from '../../src/dialects/list.ts'
import { ClientLeft } from '../../src/gateway/attempt.ts'
import { authorize, requireInference } from '../../src/gateway/caller.ts'
import { relay } from '../../src/gateway/relay.ts'
import type { Life } from './life.ts'
import { type Customer, chance, draw, once, pick, type Scene, type Told } from './scene.ts'

/** Models by how often they are asked. */
// biome-ignore format: a table is read by its rows
export const offers: Record<string, { weight: number; upstream: string; channels: string[] }> = {
  quick: { weight: 8, upstream: 'sim-chat', channels: ['openai'] },
  paced: { weight: 8, upstream: 'sim-chat@ttft=200,tps=40,tokens=120', channels: ['openai'] },
  long: { weight: 6, upstream: 'sim-chat@tps=400,tokens=500', channels: ['openai'] },
  other: { weight: 6, upstream: 'sim-chat@tps=100,tokens=60', channels: ['anthropic'] },
  thinks: { weight: 3, upstream: 'demo/deepseek', channels: ['openai'] },
  flaky: { weight: 3, upstream: 'demo/flaky', channels: ['flaky', 'second'] },
  down: { weight: 5, upstream: 'demo/503', channels: ['down', 'second'] },
  resets: { weight: 4, upstream: 'demo/broken-stream@tps=50,after=20', channels: ['breaks'] },
  closes: { weight: 2, upstream: 'demo/early-close@after=9', channels: ['breaks'] },
  errs: { weight: 2, upstream: 'demo/error-in-stream@after=7', channels: ['breaks'] },
  stalls: { weight: 2, upstream: 'demo/stall@after=11', channels: ['breaks'] },
  malformed: { weight: 2, upstream: 'demo/malformed-sse', channels: ['breaks'] },
  silent: { weight: 1, upstream: 'demo/timeout', channels: ['breaks'] },
  html: { weight: 1, upstream: 'demo/html', channels: ['breaks'] },
  refuses: { weight: 2, upstream: 'demo/400', channels: ['breaks'] },
  untold: { weight: 2, upstream: 'demo/no-usage@tps=60', channels: ['openai'] },
  wide: { weight: 3, upstream: 'demo/utf8@tps=200,tokens=300', channels: ['openai'] },
  absurd: { weight: 2, upstream: 'demo/absurd-usage', channels: ['openai'] },
}
const drawn = Object.entries(offers).flatMap(([id, { weight }]) => Array(weight).fill(id))
/** What a provider counts as one token is up to so many of ours. */
export const widest = 3
/** What reports no usage that may be believed. */
export const liars = ['demo/no-usage', 'demo/absurd-usage']

export async function call(scene: Scene, { account, keys }: Customer): Promise<void> {
  const stream = chance(scene, 0.75)
  // What a provider counts as many more tokens than its bytes let expect.
  const prompt = chance(scene, 0.1)
    ? '?'.repeat(draw(scene, 3000))
    : drawWords(1 + draw(scene, 40), draw(scene, 1e6), 'english').join('')
  const told: Told = { account, prompt, id: null, text: '', cost: null, error: null }
  scene.told.push(told)
  const fields: JsonObject = {
    model: pick(scene, drawn),
    messages: [{ role: 'user', content: prompt }],
    ...(stream && { stream, stream_options: { include_usage: true } }),
    ...(chance(scene, 0.4) && { max_tokens: 1 + draw(scene, 400) }),
  }
  const leaveMs = chance(scene, 0.15) ? draw(scene, 4000) : null
  const dawdles = chance(scene, 0.1)
  const { secret } = pick(scene, keys)
  const answer = once(scene, (life) => ask(scene, life, { secret, fields, leaveMs, dawdles, told }))
  await answer.catch((cause) => {
    if (!(cause instanceof AppError)) throw cause
    told.error = cause.code
    told.id = cause.headers['x-generation-id'] ?? null
    scene.saw(`refused: ${cause.code}`)
  })
}

interface Asking {
  secret: string
  fields: JsonObject
  leaveMs: number | null
  dawdles: boolean
  told: Told
}

async function ask(scene: Scene, life: Life, asking: Asking): Promise<void> {
  const { secret, fields, leaveMs, dawdles, told } = asking
  const { gateway } = life
  const leaving = new AbortController()
  let left = false
  let leave = () => leaving.abort()
  if (leaveMs !== null) {
    const gone = Promise.race([scene.time.later(leaveMs), life.dead])
    gone.then((dead) => {
      if (dead === 'dead') return
      left = true
      leave()
    })
  }
  const headers = { authorization: `Bearer ${secret}` }
  const request = new Request('http://platform.test/api/v1/chat/completions', { headers })
  const key = await authorize(gateway, request, null)
  requireInference(key)
  const dialect = clientDialects['openai-chat']
  const read = dialect.readRequest(fields, JSON.stringify(fields).length)
  const response = await relay(gateway, key, read, {
    ...{ name: null, traceparent: null, signal: leaving.signal },
  })
  told.id = response.headers.get('x-generation-id')
  const reader = response.body!.getReader()
  leave = () => {
    leaving.abort()
    reader.cancel().catch(() => {})
  }
  const sse = new SseReader()
  const decoder = new TextDecoder()
  let whole = ''
  while (!left) {
    if (dawdles) await Promise.race([scene.time.later(draw(scene, 400)), life.dead])
    if (life.over()) return
    // Her connection is closed when she leaves, or takes nothing for too long.
    const { value, done } = await reader.read().catch((cause) => {
      if (cause instanceof ClientLeft) return { value: undefined, done: true as const }
      throw cause
    })
    if (done) break
    if (!fields.stream) whole += decoder.decode(value, { stream: true })
    else for (const { data } of sse.push(value)) hear(told, data)
  }
  if (whole !== '') hear(told, whole)
}

/** A chunk, or a whole reply. */
function hear(told: Told, data: string): void {
  if (data === '[DONE]') return
  const said = JSON.parse(data)
  const { delta, message } = said.choices?.[0] ?? {}
  for (const { content, reasoning } of [delta, message].filter(Boolean)) {
    told.text += (reasoning ?? '') + (content ?? '')
  }
  if (said.error) told.error = said.error.code
  if (said.usage?.cost !== undefined) told.cost = BigInt(Math.round(said.usage.cost * 1e9))
}
