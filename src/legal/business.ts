/**
 * The operator's business settings: who runs this platform and what it asks of its users. Kept in the database, changed
 * from the dashboard; what is technical is in `config.ts`.
 */
import type { Store } from '../store/store.ts'

export interface BusinessFacts {
  /** What the pages, the mails and the documents call the platform. */
  platform: string
  /** The legal entity behind it. */
  company: string
  /** The address for legal notices. */
  contact: string
  jurisdiction: string
  /** Where customers reach it; the setting `public_url` comes first. */
  publicUrl: string | null
  /** No call before the owner's address is confirmed [T4.2]. */
  requireVerified: boolean
  /** Anyone may register; otherwise by invitation only. */
  openRegistration: boolean
}

export interface Business {
  readonly current: BusinessFacts
  /** `actor`: a user's id. */
  change(some: Partial<BusinessFacts>, actor: string, now: number): Promise<void>
}

export const defaultFacts: BusinessFacts = {
  platform: 'KKCompany AI Platform',
  company: 'KKCompany',
  contact: 'legal@kkcompany.com',
  jurisdiction: 'Taiwan (Republic of China)',
  publicUrl: null,
  requireVerified: true,
  openRegistration: true,
}

export async function openBusiness(_store: Store): Promise<Business> {
  throw new Error('to be written')
}
