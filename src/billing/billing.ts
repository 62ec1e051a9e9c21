/** What buying and paying back work with: `Parts` of the server is one. */
import { AppError } from '../base/error.ts'
import type { Issuers } from '../invoices/list.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Processors } from '../processors/list.ts'
import type { People } from '../user/people.ts'

export interface Billing extends People {
  ledger: Ledger
  processors: Processors
  issuers: Issuers
}

/** A guarded write that someone else was faster with: what became of it is read again. */
export async function unlessChanged(write: Promise<unknown>): Promise<void> {
  await write.catch((cause) => {
    if (!(cause instanceof AppError && cause.code === 'changed_meanwhile')) throw cause
  })
}
