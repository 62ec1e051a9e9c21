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

/** A guarded write; null where someone else was faster: what became of it is read again. */
export function unlessChanged<T>(write: Promise<T>): Promise<T | null> {
  return write.catch((cause) => {
    if (cause instanceof AppError && cause.code === 'changed_meanwhile') return null
    throw cause
  })
}
