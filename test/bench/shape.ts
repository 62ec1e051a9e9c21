/** What is asked for: answers of a few shapes, sold by ours under the shape's name and asked of the provider as its model. */
import type { JsonObject } from '../../src/base/json.ts'

/** So many tokens of output; so many a second, 0 as fast as can be. */
const shapes = {
  call: { tokens: 16, tps: 0 },
  /** A usual model's pace: the streams whose first token is timed. */
  paced: { tokens: 50, tps: 50 },
  /** Longer than it takes to begin thousands of them. */
  slow: { tokens: 16, tps: 1 },
} as const

export type Shape = keyof typeof shapes

/** Pico-USD a token, in whole nano-USD, so that no call's cost is rounded and the sum is the sum. */
export const pricePico = { input: 150_000n, output: 600_000n }

export interface Destination {
  port: number
  path: string
  key: string
  modelOf(shape: Shape): string
}

export const providerKey = 'sk-sim-bench'

/** The journal sums by model: what did not come through ours has a parameter (without effect here) that tells it apart. */
export function providerModel(shape: Shape, ours: boolean): string {
  const { tokens, tps } = shapes[shape]
  return `sim-chat@tokens=${tokens},tps=${tps},retry=${ours ? 0 : 1}`
}

export function isOurs(model: string): boolean {
  return model.endsWith(',retry=0')
}

/** The request as HTTP/1.1 text. */
export function renderRequest(to: Destination, shape: Shape, stream: boolean): string {
  const body = JSON.stringify({
    model: to.modelOf(shape),
    messages: [
      { role: 'system', content: 'You are a helpful assistant. Answer in one sentence.' },
      { role: 'user', content: 'What do the mountains look like in the morning?' },
    ],
    max_tokens: 64,
    stream,
  })
  const head = [
    `POST ${to.path} HTTP/1.1`,
    `host: 127.0.0.1:${to.port}`,
    `authorization: Bearer ${to.key}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** Frames of a stream: the role, each token, the finish, the end mark. */
export function framesOf(shape: Shape): number {
  return shapes[shape].tokens + 3
}

/** What ours sells, all of it from the provider at that origin. */
export function benchCatalog(origin: string): JsonObject {
  const channel = { id: 'provider', provider: 'simulated', credential: providerKey }
  return {
    channels: [{ ...channel, base_url: `${origin}/v1`, allow_private: true }],
    models: Object.keys(shapes).map((shape) => ({
      ...{ id: shape, context_length: 100_000, max_output: 10_000 },
      channels: [{ channel: 'provider', model: providerModel(shape as Shape, true) }],
      price: { input: '0.15', output: '0.60' },
    })),
  }
}
