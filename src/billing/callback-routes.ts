/**
 * Where processors call back: a server, without session or cookie, believed only by what the processor's own rule proves over
 * the bytes as they came. It is a hint to ask the processor; it is taken with 2xx only once what was missing is on disk, so that
 * whatever fails before is sent again.
 */

import { eq } from 'drizzle-orm'
import { Elysia } from 'elysia'
import { AppError } from '../base/error.ts'
import { readBytes } from '../http/body.ts'
import { describeRefusals } from '../http/describe.ts'
import type { Metrics } from '../http/metrics.ts'
import { type Callback, type Hint, type Processor, Refused } from '../processors/processor.ts'
import { topUp } from '../store/credit.ts'
import type { Billing } from './billing.ts'
import { syncTopUp } from './sync.ts'
import { findHinted } from './top-up.ts'

const limitBytes = 256 * 1024

export function callbackRoutes(billing: Billing, metrics: Pick<Metrics, 'callbackRefused'>) {
  const { processors, clock, log } = billing

  async function read(processor: Processor, callback: Callback): Promise<Hint> {
    try {
      return await processor.readCallback(callback)
    } catch (cause) {
      if (!(cause instanceof Refused)) throw cause
      log.warn('callback.refused', { processor: processor.name, why: cause.why })
      metrics.callbackRefused(processor.name, cause.why)
      throw new AppError('invalid_request', { message: 'This callback is not believed.' })
    }
  }

  return new Elysia({ name: 'payment-callbacks' }).post(
    '/api/payments/:processor',
    async ({ params, request }) => {
      const processor = processors.get(params.processor)
      if (!processor) throw new AppError('not_found')
      const body = await readBytes(request, limitBytes)
      const { headers } = request
      const hint = await read(processor, { body, headers, now: clock.now() })
      await follow(billing, processor, hint).catch((cause) => {
        log.error('callback.failed', { processor: processor.name, cause })
        throw new AppError('storage_unavailable', {
          message: 'The payment could not be booked right now. Send this again.',
        })
      })
      return new Response(processor.acknowledgement, { headers: { 'content-type': 'text/plain' } })
    },
    {
      parse: 'none',
      detail: {
        ...{ summary: 'Callbacks of a payment processor', tags: ['Payments'], hide: true },
        responses: describeRefusals('not_found', 'invalid_request', 'storage_unavailable'),
      },
    },
  )
}

/** What concerns no order of ours is taken all the same: sent again it would concern none either. */
async function follow(billing: Billing, { name }: Processor, hint: Hint): Promise<void> {
  const { store, log } = billing
  const row = await findHinted(store, name, hint)
  if (row === null) return log.info('callback.without_order', { processor: name })
  const { payAt } = hint
  if (payAt) {
    await store.write((db) => [db.update(topUp).set({ payAt }).where(eq(topUp.id, row.id))])
  }
  await syncTopUp(billing, row.id)
}
