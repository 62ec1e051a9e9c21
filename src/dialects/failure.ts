/**
 * Upstream errors, told apart: whose fault, and so who may hear of it. Every provider wraps its words differently, the
 * words themselves differ little, so one reader serves all dialects. What is not JSON is never quoted: an HTML page of
 * a proxy must not reach a client (wire.md §2).
 */
import { isObject, type Json, type JsonObject } from '../base/json.ts'
import type { CallEvent, Failure } from './dialect.ts'
import { parseJson } from './parse.ts'

const longestMessage = 1000

export function broken(message: string): Failure {
  return { kind: 'broken', message, param: null, code: null }
}

export function failureEvent(failure: Failure): CallEvent {
  return { type: 'failure', failure }
}

/** An error reply: its status, and its body as text. */
export function readError(status: number, body: string): Failure {
  const json = parseJson(body)
  // Gemini wraps its error in an array.
  const error = Array.isArray(json) ? json[0] : json
  return tell(status, readWords(isObject(error) ? error : {}))
}

/** An error inside a good reply or a stream: the status is what it names itself, if anything. */
export function readErrorFrame(body: JsonObject): Failure {
  const words = readWords(body)
  const status = Number(words.code)
  return tell(status >= 400 && status < 600 ? status : (statusOfType.get(words.type) ?? 500), words)
}

interface Words {
  message: string
  type: string
  code: string
  param: string | null
}

/** OpenAI, Anthropic, Gemini: `{error: {…}}`; xAI: `{code, error: "…"}`; Mistral: flat; vLLM and FastAPI: `detail`. */
function readWords(body: JsonObject): Words {
  const error = isObject(body.error) ? body.error : body
  const message = [error.message, body.error, body.detail, body.message].find(isText) ?? ''
  return {
    message: message.slice(0, longestMessage),
    type: isText(error.type) ? error.type : isText(error.status) ? error.status : '',
    code: isText(error.code) || typeof error.code === 'number' ? String(error.code) : '',
    param: isText(error.param) ? error.param : null,
  }
}

const isText = (value: Json | undefined): value is string => typeof value === 'string'

/** What an error within a stream would have been as a status. */
const statusOfType = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['rate_limit_exceeded', 429],
  ['timeout_error', 504],
  ['overloaded_error', 529],
  ['server_overloaded', 529],
])

const policyCode =
  /content_?(policy|filter|moderation)|moderation|responsibleai|data_inspection|invalid_prompt|safety/i
const creditCode = /insufficient_(quota|credit|balance)|billing|spend_limit/i
const creditWords = /exceeded your current quota|insufficient (credit|balance|funds|quota)/i
const missingCode =
  /^(model_not_found|invalid_model|unknown_model|model_decommissioned|DeploymentNotFound)$/
const lengthWords =
  /maximum context length|context_length_exceeded|prompt is too long|input token count.{0,80}exceeds|context window/i
/**
 * Complaints about us that come dressed as the client's mistake (Anthropic, Gemini, xAI). Anchored: a client could have
 * its own text quoted further on in a message, and must not be able to make a channel look unusable.
 */
const ourFault = /^(your credit balance is too low|api key not valid|incorrect api key)/i

function tell(status: number, words: Words): Failure {
  const named = `${words.code} ${words.type}`
  const kind = kindOf(status, named, words)
  const tooLong = kind === 'request' && lengthWords.test(`${words.code} ${words.message}`)
  const code = words.code === '' ? words.type : words.code
  return {
    kind,
    message: words.message === '' ? `The provider answered with status ${status}.` : words.message,
    param: words.param,
    code: tooLong ? 'context_length_exceeded' : code === '' ? null : code,
  }
}

function kindOf(status: number, named: string, words: Words): Failure['kind'] {
  const blamed = [400, 403, 413, 422].includes(status)
  if (blamed && policyCode.test(named)) return 'policy'
  if (status === 401 || status === 402 || status === 403) return 'credential'
  if (status === 429) {
    return creditCode.test(named) || creditWords.test(words.message) ? 'credential' : 'limited'
  }
  if (
    status === 404 ||
    (blamed && (missingCode.test(words.code) || missingCode.test(words.type)))
  ) {
    return 'missing'
  }
  if (blamed)
    return ourFault.test(words.message) || creditCode.test(named) ? 'credential' : 'request'
  if (status === 408 || status === 504 || status === 524) return 'timeout'
  if (status === 503 || status === 529 || status === 498) return 'overloaded'
  return 'broken'
}
