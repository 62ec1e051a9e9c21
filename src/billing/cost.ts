/**
 * What credit costs an account at a processor. A processor that reckons tax itself is asked for it, each time anew, since there is
 * nothing that says when it changes; of whom it cannot say it, the operator's rate for her country counts.
 */
import { eq } from 'drizzle-orm'
import { readAccount } from '../account/account.ts'
import { AppError } from '../base/error.ts'
import { type Processor, ProcessorError, type ToldTax } from '../processors/processor.ts'
import { type Buyer, buyer } from '../store/credit.ts'
import type { Store } from '../store/store.ts'
import type { Billing } from './billing.ts'
import { type Quote, quote } from './quote.ts'
import { postalCodeOf, typedTaxId } from './tax.ts'

/** `credit`: nano-USD. Refuses with `invalid_amount`, and with `payment_unavailable` where the processor does not answer. */
export async function readCost(
  billing: Billing,
  processor: Processor,
  { accountId, credit }: { accountId: string; credit: bigint },
): Promise<Quote & { buyer: Buyer }> {
  const { store, business } = billing
  const buyer = await readBuyer(store, accountId)
  const { country = null } = buyer
  const wanted = { credit, currency: processor.currency, country }
  const cost = quote(business.current, wanted)
  const told = await askTax(billing, processor, cost, buyer)
  return { ...(told === null ? cost : quote(business.current, wanted, told)), buyer }
}

async function readBuyer(store: Store, accountId: string): Promise<Buyer> {
  const { country } = await readAccount(store, accountId)
  const [row] = await store.db.select().from(buyer).where(eq(buyer.accountId, accountId))
  if (!row) return { country }
  const { accountId: _, ...facts } = row
  return { ...facts, country }
}

async function askTax(
  { log }: Billing,
  { name, currency, tax }: Processor,
  { price, fee }: Quote,
  { country = null, address = '', taxId = null }: Buyer,
): Promise<ToldTax | null> {
  const where = { country, postalCode: postalCodeOf(country, address) }
  const asked = { amount: price + fee, currency, ...where, taxId: typedTaxId(country, taxId) }
  try {
    return (await tax?.quote?.(asked)) ?? null
  } catch (cause) {
    if (!(cause instanceof ProcessorError)) throw cause
    log.warn('tax.unanswered', { processor: name, cause })
    throw new AppError('payment_unavailable', { cause })
  }
}
