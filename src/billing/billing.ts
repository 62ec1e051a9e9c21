/** What buying and paying back work with: `Parts` of the server is one. */
import type { Ledger } from '../ledger/ledger.ts'
import type { Processors } from '../processors/list.ts'
import type { People } from '../user/people.ts'

export interface Billing extends People {
  ledger: Ledger
  processors: Processors
}
