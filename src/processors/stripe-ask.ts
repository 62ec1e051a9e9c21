/** Asking Stripe: what fails becomes a `ProcessorError` that names neither a secret nor a body. */
import type Stripe from 'stripe'
import { ProcessorError } from './processor.ts'

export async function ask<T>(what: string, answer: Promise<T>): Promise<T> {
  return await answer.catch((error: Stripe.errors.StripeError) => {
    const { type = 'error', statusCode, code, requestId } = error
    const said = [type, statusCode, code, requestId].filter((part) => part !== undefined)
    const passing = statusCode === 409 || statusCode === 429 || (statusCode ?? 500) >= 500
    throw new ProcessorError(`stripe: ${what}: ${said.join(' ')}`, { retry: passing })
  })
}
