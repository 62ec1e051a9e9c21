/** How a command fails: one sentence of what, why and what next, a code for programs, and the exit code. */
import { AppError, FatalError } from '../base/error.ts'

export interface Failure {
  code: string
  message: string
  /** 1 failed, 2 wrong command or input, 78 wrong settings. */
  exit: number
}

/** A failure that happened in another process. */
export class CommandError extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

const codes: Record<number, string> = { 1: 'failed', 2: 'usage', 78: 'settings' }

export function describeFailure(cause: unknown): Failure {
  if (cause instanceof CommandError) return cause.failure
  if (cause instanceof FatalError) {
    const { message, exitCode } = cause
    return { code: codes[exitCode]!, message, exit: exitCode }
  }
  if (cause instanceof AppError) {
    const { code, message } = cause
    return { code, message, exit: code.startsWith('invalid_') ? 2 : 1 }
  }
  const what = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
  return { code: 'internal_error', message: `Something failed that should not: ${what}`, exit: 1 }
}
