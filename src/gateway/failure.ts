/** Upstream trouble within the gateway, and the one place where it becomes what the client sees (wire.md §2). */
import { AppError, type ErrorCode } from '../base/error.ts'
import type { Failure } from '../dialects/dialect.ts'

export class ProviderError extends Error {
  readonly failure: Failure
  /** How long the upstream asked to be left alone; null when it did not say. */
  readonly retryAfterMs: number | null

  /** `words` are ours and go into the log; an upstream's may say the prompt, or our credential, back to us. */
  constructor(
    failure: Failure,
    retryAfterMs: number | null = null,
    {
      cause,
      words = `the upstream's answer: ${failure.kind}`,
    }: { cause?: unknown; words?: string } = {},
  ) {
    super(words, { cause })
    this.failure = failure
    this.retryAfterMs = retryAfterMs
  }
}

export function broken(message: string, kind: Failure['kind'] = 'broken'): ProviderError {
  return new ProviderError({ kind, message, param: null, code: null }, null, { words: message })
}

const codes: { [kind in Failure['kind']]: ErrorCode } = {
  request: 'invalid_request',
  policy: 'content_policy',
  credential: 'upstream_error',
  missing: 'upstream_error',
  limited: 'overloaded',
  overloaded: 'overloaded',
  broken: 'upstream_error',
  timeout: 'timeout',
}

/** What is the client's own fault is told in the upstream's words; of everything else nothing leaks. */
export function refusalFor(error: ProviderError): AppError {
  const { kind, message, param, code } = error.failure
  if (code === 'context_length_exceeded') {
    return new AppError('context_length_exceeded', { message, param, cause: error })
  }
  if (kind === 'request' || kind === 'policy')
    return new AppError(codes[kind], { message, param, cause: error })
  const waitMs = error.retryAfterMs ?? 1000
  const headers = { 'retry-after': String(Math.max(1, Math.ceil(waitMs / 1000))) }
  return new AppError(codes[kind], { headers: kind === 'timeout' ? {} : headers, cause: error })
}

/** Whether another channel may do better: not when the request itself is wrong. */
export function mayTryAnother({ failure }: ProviderError): boolean {
  return failure.kind !== 'request' && failure.kind !== 'policy'
}
