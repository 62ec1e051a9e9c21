/** Who an account is billed as: what the receipt of its next order prints. Its country is the account's. */
import { eq, sql } from 'drizzle-orm'
import { readAccount } from '../account/account.ts'
import { normaliseEmail } from '../base/email.ts'
import { buyer } from '../store/credit.ts'
import { byHand, type Store, storable } from '../store/store.ts'
import { checkTaxId } from './tax.ts'

export interface BuyerFacts {
  name: string
  address: string
  email: string | null
  tax_id: string | null
}

export async function readBuyer(store: Store, accountId: string) {
  const { country } = await readAccount(store, accountId)
  const [row] = await store.db.select().from(buyer).where(eq(buyer.accountId, accountId))
  const { name = '', address = '', email = null, taxId = null } = row ?? {}
  return { name, address, email, tax_id: taxId, country }
}

/** Refuses with `invalid_email`, and with `invalid_request` what cannot be a tax id of the account's country. */
export async function changeBuyer(
  store: Store,
  accountId: string,
  facts: BuyerFacts,
): Promise<void> {
  const { country } = await readAccount(store, accountId)
  const email = facts.email === null ? null : normaliseEmail(facts.email)
  const taxId = facts.tax_id === null ? null : checkTaxId(country, facts.tax_id)
  const [name, address] = [facts.name, facts.address].map((text) => storable(text.trim()))
  await store.write(() => [
    byHand(sql`INSERT INTO buyer (account_id, name, address, email, tax_id)
      VALUES (${accountId}, ${name}, ${address}, ${email}, ${taxId})
      ON CONFLICT (account_id) DO UPDATE SET name = excluded.name, address = excluded.address,
        email = excluded.email, tax_id = excluded.tax_id`),
  ])
}
