/**
 * Paying back through ECPay: cards only (DoAction, https://developers.ecpay.com.tw/?p=9242). It takes no idempotency key and
 * tells refunds nowhere, so whether one was paid whose answer was lost somebody must look up in its dashboard. What it
 * refuses was not done and may be asked again: it refuses a card that it has not captured yet, which it does each evening.
 * It never pays back more than was paid.
 */
import { type Ask, NoAnswer } from './ecpay-ask.ts'
import { type Ordered, type OutsideRefund, ProcessorError, type RefundAsk } from './processor.ts'

/** `made`: what this process pays or paid back, by our ids: a second ask gets the first one's answer. */
export function refundCard(
  ask: Ask,
  made: Map<string, Promise<OutsideRefund>>,
  order: Ordered,
  wanted: RefundAsk,
): Promise<OutsideRefund> {
  const before = made.get(wanted.id)
  if (before) return before
  const refund = refundOnce(ask, order, wanted)
  made.set(wanted.id, refund)
  refund.catch(() => made.delete(wanted.id))
  return refund
}

async function refundOnce(ask: Ask, order: Ordered, wanted: RefundAsk): Promise<OutsideRefund> {
  const { checkoutId, paymentId, method } = order
  if (method !== 'card' || !checkoutId || !paymentId)
    throw new ProcessorError('ECPay pays back cards only: transfer this refund by hand', {
      retry: false,
    })
  const said = await ask(
    '/CreditDetail/DoAction',
    {
      ...{ MerchantTradeNo: checkoutId, TradeNo: paymentId, Action: 'R' },
      TotalAmount: String(wanted.amount),
    },
    // The published examples of this one answer bear no signature.
    { mayBeUnsigned: true },
  ).catch((cause) => {
    if (!(cause instanceof NoAnswer) || !cause.sent) throw cause
    const message = 'ECPay did not say whether it paid back: look for it in its dashboard'
    throw new ProcessorError(message, { retry: false, cause })
  })
  if (said.RtnCode !== '1')
    throw new ProcessorError(`ECPay refused the refund: ${said.RtnCode} ${said.RtnMsg ?? ''}`)
  return { id: `${paymentId}:${wanted.id}`, amount: wanted.amount, state: 'paid', ours: wanted.id }
}
