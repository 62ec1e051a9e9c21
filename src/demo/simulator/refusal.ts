/**
 * How the simulated provider says no, in both dialects: one table cause → status, OpenAI's type and code, Anthropic's
 * type, and the words that the real ones use.
 */
// biome-ignore format: a table is read by its rows
const causes = {
  invalid: [400, 'invalid_request_error', null, 'invalid_request_error', 'The request is not valid.'],
  parameter: [400, 'invalid_request_error', 'unsupported_parameter', 'invalid_request_error', 'That parameter is not supported.'],
  policy: [400, 'invalid_request_error', 'content_policy_violation', 'invalid_request_error', 'Your request was rejected: output blocked by content filtering policy'],
  context: [400, 'invalid_request_error', 'context_length_exceeded', 'invalid_request_error', "prompt is too long: this model's maximum context length is 200000 tokens"],
  key: [401, 'invalid_request_error', 'invalid_api_key', 'authentication_error', 'Incorrect API key provided.'],
  credit: [402, 'insufficient_quota', 'insufficient_quota', 'billing_error', 'You exceeded your current quota, please check your plan and billing details.'],
  forbidden: [403, 'invalid_request_error', 'unsupported_country_region_territory', 'permission_error', 'Your API key does not have permission to use the specified resource.'],
  missing: [404, 'invalid_request_error', 'model_not_found', 'not_found_error', 'The model does not exist or you do not have access to it.'],
  late: [408, 'timeout', null, 'timeout_error', 'The request timed out.'],
  large: [413, 'invalid_request_error', null, 'request_too_large', 'Request exceeds the maximum size'],
  limited: [429, 'requests', 'rate_limit_exceeded', 'rate_limit_error', 'Rate limit reached for requests.'],
  quota: [429, 'insufficient_quota', 'insufficient_quota', 'rate_limit_error', 'You exceeded your current quota, please check your plan and billing details.'],
  broken: [500, 'server_error', null, 'api_error', 'The server had an error while processing your request. Sorry about that!'],
  gateway: [502, 'server_error', null, 'api_error', 'Bad gateway.'],
  unavailable: [503, 'service_unavailable_error', null, 'overloaded_error', 'The engine is currently overloaded, please try again later.'],
  overloaded: [529, 'overloaded_error', null, 'overloaded_error', 'Overloaded'],
} as const satisfies Record<string, readonly [number, string, string | null, string, string]>

export type Cause = keyof typeof causes

export class Refusal extends Error {
  readonly status: number
  readonly type: string
  readonly code: string | null
  readonly anthropicType: string
  readonly param: string | null

  constructor(cause: Cause, message: string | null = null, param: string | null = null) {
    const [status, type, code, anthropicType, words] = causes[cause]
    super(message ?? words)
    this.status = status
    this.type = type
    this.code = code
    this.anthropicType = anthropicType
    this.param = param
  }
}

/** Refuses a request with 400 unless `condition` holds. */
export function insist(
  condition: unknown,
  message: string,
  param: string | null = null,
): asserts condition {
  if (!condition) throw new Refusal('invalid', message, param)
}
