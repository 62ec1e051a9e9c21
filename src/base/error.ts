/**
 * Every refusal a client can meet, in one table: its HTTP status, OpenAI's `type`, and the words. The words say what to
 * do; causes go to the log. A refusal is thrown as `AppError` and becomes a response in one place (`http/server.ts`).
 */
const refusals = {
  invalid_request: [400, 'invalid_request_error', 'The request is not valid.'],
  invalid_json: [400, 'invalid_request_error', 'The body is not valid JSON.'],
  invalid_amount: [400, 'invalid_request_error', 'That is not an amount.'],
  unsupported_parameter: [400, 'invalid_request_error', 'A parameter is not supported here.'],
  context_length_exceeded: [
    400,
    'invalid_request_error',
    'The prompt is longer than the model reads.',
  ],
  content_policy: [400, 'invalid_request_error', 'The provider refused this content.'],
  ambiguous_credentials: [
    400,
    'invalid_request_error',
    'Send one API key: either Authorization or x-api-key, not two different ones.',
  ],
  key_in_url: [
    400,
    'invalid_request_error',
    'Never put an API key in a URL: send it as "Authorization: Bearer …". Revoke a key that was.',
  ],
  invalid_host: [400, 'invalid_request_error', 'This host name is not served here.'],
  already_exists: [400, 'invalid_request_error', 'That exists already.'],
  email_taken: [400, 'invalid_request_error', 'That address is in use already.'],
  invalid_email: [
    400,
    'invalid_request_error',
    'That is no e-mail address such as ann@example.com.',
  ],
  weak_password: [
    400,
    'invalid_request_error',
    'A password needs at least 10 characters, and is none of the well-known ones.',
  ],
  wrong_password: [400, 'invalid_request_error', 'The address or the password is wrong.'],
  wrong_code: [400, 'invalid_request_error', 'That code is wrong, or it was used already.'],
  not_affirmed: [
    400,
    'invalid_request_error',
    'Confirm your age and authority, and accept the current versions of the documents.',
  ],
  captcha_failed: [
    400,
    'invalid_request_error',
    'The puzzle was not solved, or was used already. Reload the page and try again.',
  ],
  invalid_link: [
    400,
    'invalid_request_error',
    'This link is wrong, expired or was used already. Ask for a new one.',
  ],
  last_owner: [
    400,
    'invalid_request_error',
    'An account needs an owner. Make someone else an owner first.',
  ],
  login_elsewhere_failed: [
    400,
    'invalid_request_error',
    'The other service did not confirm who you are. Try again, or log in another way.',
  ],
  invalid_voucher: [
    400,
    'invalid_request_error',
    'This voucher code is wrong, used or expired. Check it letter by letter.',
  ],
  not_refundable: [400, 'invalid_request_error', 'That much cannot be paid back.'],
  payment_refused: [400, 'invalid_request_error', 'The payment was refused.'],
  session_required: [401, 'authentication_error', 'Log in first.'],
  second_factor_required: [401, 'authentication_error', 'Enter the code of your second factor.'],
  invalid_api_key: [
    401,
    'invalid_request_error',
    'This API key is missing, wrong, revoked or expired. Send "Authorization: Bearer sk-kk-…".',
  ],
  insufficient_credits: [
    402,
    'insufficient_quota',
    'Your balance does not cover the estimated cost of this request. Add credit, or lower max_tokens.',
  ],
  key_limit_reached: [
    402,
    'insufficient_quota',
    'This key has reached its credit limit. Raise the limit, or wait for its reset.',
  ],
  recent_login_required: [
    403,
    'permission_error',
    'Confirm who you are again: this needs a log-in of the last few minutes.',
  ],
  role_not_allowed: [403, 'permission_error', 'Your role in this account does not allow that.'],
  invitation_for_other: [
    403,
    'permission_error',
    'This invitation is for another e-mail address. Log in with the one it was sent to.',
  ],
  admin_factor_required: [
    403,
    'permission_error',
    'Admins need a second factor here. Set one up in your settings, then come back.',
  ],
  foreign_origin: [403, 'permission_error', 'This request came from another site.'],
  user_suspended: [403, 'permission_error', 'This user is suspended. Contact support.'],
  email_unverified: [
    403,
    'permission_error',
    'Confirm your e-mail address first: follow the link in the mail that was sent to you.',
  ],
  terms_not_accepted: [
    403,
    'permission_error',
    'The terms have changed. Log in to the dashboard and accept them.',
  ],
  account_suspended: [403, 'permission_error', 'This account is suspended. Contact support.'],
  account_closed: [403, 'permission_error', 'This account is closed.'],
  model_not_allowed: [403, 'permission_error', 'This key may not use that model.'],
  ip_not_allowed: [403, 'permission_error', 'This key may not be used from this address.'],
  management_key: [
    403,
    'permission_error',
    'A management key makes and changes keys. For calls, use an inference key.',
  ],
  management_key_required: [
    403,
    'permission_error',
    'This needs a management key. An owner or admin of the account makes one in the dashboard.',
  ],
  model_not_found: [
    404,
    'invalid_request_error',
    'That model does not exist or is not sold here. GET /api/v1/models lists what is.',
  ],
  changed_meanwhile: [
    409,
    'invalid_request_error',
    'This has changed meanwhile. Look at it again, then decide.',
  ],
  not_found: [404, 'invalid_request_error', 'There is nothing at this address.'],
  method_not_allowed: [
    405,
    'invalid_request_error',
    'That method is not supported at this address.',
  ],
  body_too_large: [413, 'invalid_request_error', 'The body is larger than this server accepts.'],
  too_many_attempts: [
    429,
    'rate_limit_error',
    'Too many attempts. Wait as long as retry-after says, then try again.',
  ],
  rate_limit_exceeded: [
    429,
    'rate_limit_error',
    'Too many requests. Wait as long as retry-after says.',
  ],
  client_left: [
    499,
    'invalid_request_error',
    'The client closed the connection. It never sees this; the record does.',
  ],
  internal_error: [
    500,
    'api_error',
    'Something failed on our side. It is logged under the request id.',
  ],
  upstream_error: [502, 'upstream_error', 'The provider could not be used. Try again later.'],
  payment_unavailable: [
    502,
    'upstream_error',
    'The payment service does not answer. Nothing was charged; try again in a few minutes.',
  ],
  overloaded: [
    503,
    'overloaded_error',
    'No provider of this model is available right now. Try again shortly.',
  ],
  storage_unavailable: [
    503,
    'overloaded_error',
    'The ledger cannot be written right now, so no call is taken. Try again shortly.',
  ],
  shutting_down: [503, 'overloaded_error', 'This server is restarting. Try again.'],
  timeout: [504, 'timeout', 'The provider took too long to answer.'],
} as const satisfies Record<string, readonly [number, string, string]>

export type ErrorCode = keyof typeof refusals

export interface ErrorDetail {
  message?: string
  param?: string | null
  headers?: Record<string, string>
  /** For the log only; never shown. */
  cause?: unknown
}

export class AppError extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly type: string
  readonly param: string | null
  readonly headers: Record<string, string>

  constructor(code: ErrorCode, detail: ErrorDetail = {}) {
    const [status, type, words] = refusals[code]
    super(detail.message ?? words, { cause: detail.cause })
    this.code = code
    this.status = status
    this.type = type
    this.param = detail.param ?? null
    this.headers = { ...defaultHeaders(status), ...detail.headers }
  }

  /** The body every OpenAI client reads. */
  toJSON(): { error: { message: string; type: string; param: string | null; code: string } } {
    return { error: { message: this.message, type: this.type, param: this.param, code: this.code } }
  }
}

/** SDKs retry on 5xx and 429 unless told; credit does not come back by trying again (wire.md §2). */
function defaultHeaders(status: number): Record<string, string> {
  if (status === 402) return { 'x-should-retry': 'false' }
  if (status === 502 || status === 503) return { 'retry-after': '1' }
  return {}
}

/** What stops the process or a command: one sentence for a person, and the exit code (1 failed, 2 usage, 78 settings). */
export class FatalError extends Error {
  readonly exitCode: 1 | 2 | 78

  constructor(message: string, exitCode: 1 | 2 | 78 = 1, cause?: unknown) {
    super(message, { cause })
    this.exitCode = exitCode
  }
}
