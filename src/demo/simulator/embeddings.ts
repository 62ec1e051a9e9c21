/** Embeddings in OpenAI's dialect: a vector of length 1 for each input, the same for the same text. */
import { isCount, type Json, type JsonObject } from '../../base/json.ts'
import type { Model } from './models.ts'
import { readNumber } from './openai-read.ts'
import { insist, Refusal } from './refusal.ts'
import type { Turn } from './turn.ts'
import { report, writeUsage } from './usage.ts'
import { countTokens, nextRandom, seedFrom } from './words.ts'

const mostDimensions = 256

export function openEmbeddings(body: JsonObject, model: Model): Turn {
  if (model.kind !== 'embeddings' && model.name.startsWith('sim-')) {
    throw new Refusal('missing', `The model '${model.name}' does not support embeddings.`, 'model')
  }
  const inputs = readInputs(body.input)
  const dimensions = readNumber(body, 'dimensions', 1, mostDimensions, 'integer') ?? mostDimensions
  const format = body.encoding_format ?? 'float'
  insist(
    format === 'float' || format === 'base64',
    "Invalid value for 'encoding_format'.",
    'encoding_format',
  )
  const input = inputs.reduce((sum, { tokens }) => sum + tokens, 0)

  const reply = () => {
    const data = inputs.map(({ text }, index) => {
      const vector = drawVector(text, dimensions)
      const base64 = format === 'base64' && !model.floatsOnly
      const embedding = base64 ? Buffer.from(vector.buffer).toString('base64') : [...vector]
      return { object: 'embedding', index, embedding }
    })
    const usage = report({ input }, model.usage)
    const told = usage && writeUsage({ prompt_tokens: usage.prompt, total_tokens: usage.prompt })
    const text = JSON.stringify({ object: 'list', data, model: model.name })
    return { text: told ? `${text.slice(0, -1)},"usage":${told}}` : text, usage }
  }
  return { stream: false, units: { input }, reply, frames: () => [reply()] }
}

/** A vector of length 1, the same for the same text. */
export function drawVector(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions)
  let state = seedFrom(text, 0)
  let squares = 0
  for (let i = 0; i < dimensions; i++) {
    state = nextRandom(state)
    const value = state / 2 ** 31 - 1
    vector[i] = value
    squares += value * value
  }
  const length = Math.sqrt(squares)
  return vector.map((value) => value / length)
}

/** Embeddings input as token counts and what each vector is drawn from. */
function readInputs(input: Json | undefined): { text: string; tokens: number }[] {
  insist(
    input != null && input !== '' && !(Array.isArray(input) && input.length === 0),
    "'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.",
    'input',
  )
  const single = typeof input === 'string' || (Array.isArray(input) && isCount(input[0]))
  const inputs = single ? [input] : input
  insist(
    Array.isArray(inputs) && inputs.length <= 2048,
    "Invalid 'input': array too long. Expected an array with maximum length 2048.",
    'input',
  )
  return inputs.map((one) => {
    const ids = Array.isArray(one) && one.length > 0 && one.every((id) => isCount(id))
    insist(ids || (typeof one === 'string' && one !== ''), "'$.input' is invalid.", 'input')
    const tokens = ids ? one.length : countTokens(one as string)
    insist(
      tokens <= 8192,
      `This model's maximum context length is 8192 tokens, however you requested ${tokens} tokens.`,
      'input',
    )
    return { text: ids ? one.join(' ') : (one as string), tokens }
  })
}
