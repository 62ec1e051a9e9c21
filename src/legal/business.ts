/**
 * The operator's business settings: who runs this platform and what it asks of its users. Kept in the database, changed
 * from the dashboard; what is technical is in `config.ts`.
 */
import { sql } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { setting } from '../store/people.ts'
import { byHand, must, type Store } from '../store/store.ts'

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
  /** The simulated provider runs beside the server. */
  simulated: boolean
  /** Amounts of credit that the top-up page offers, and the least and the most of one order: decimal strings of USD. */
  topUpPresets: string[]
  topUpMin: string
  topUpMax: string
  /** What is added to the price of credit for paying it: percent, such as "2.5". */
  feePercent: string
  /** Tax by the buyer's country (ISO code; `*` for all others), in percent. Without an entry none is collected [T3.6]. */
  taxes: Record<string, string>
  /** TWD for one USD, for orders in TWD. */
  twdPerUsd: string
  /** Who sells, as receipts print it beside the company. */
  sellerAddress: string
  sellerTaxId: string
  /** No admin does anything without a second factor of hers. */
  requireAdminFactor: boolean
  /** What a sell price is above its buy price, in percent: by model, else by provider, else by `*`. */
  markups: Record<string, string>
  /** How long before a price rises its users should know. */
  riseNoticeDays: number
}

export interface Business {
  readonly current: BusinessFacts
  /**
   * `actor`: a user's id, or who ran the command. Refuses with `invalid_request` what is empty or too long, and with
   * `changed_meanwhile` where what was `shown` to her is so no more.
   */
  change(
    some: Partial<BusinessFacts>,
    actor: string,
    now: number,
    shown?: Partial<BusinessFacts>,
  ): Promise<void>
}

const defaults: BusinessFacts = {
  platform: 'KKCompany AI Platform',
  company: 'KKCompany',
  contact: 'legal@kkcompany.com',
  jurisdiction: 'Taiwan (Republic of China)',
  publicUrl: null,
  requireVerified: true,
  openRegistration: true,
  simulated: false,
  topUpPresets: ['10', '25', '50', '100'],
  topUpMin: '5',
  topUpMax: '1000',
  feePercent: '0',
  taxes: {},
  twdPerUsd: '32.5',
  sellerAddress: '',
  sellerTaxId: '',
  requireAdminFactor: false,
  markups: {},
  riseNoticeDays: 14,
}

export async function openBusiness(store: Store): Promise<Business> {
  const read = async (): Promise<BusinessFacts> => {
    const rows = await store.db.select().from(setting)
    return { ...defaults, ...Object.fromEntries(rows.map(({ name, value }) => [name, value])) }
  }
  let current = await read()
  return {
    get current() {
      return current
    },
    change: async (some, actor, now, shown = {}) => {
      for (const [name, value] of Object.entries(some)) check(name, value)
      // Another node may have changed it since it was read here.
      current = await read()
      const stored = current
      if (!Bun.deepEquals(stored, { ...stored, ...shown })) throw new AppError('changed_meanwhile')
      await store.write(() =>
        Object.entries(some).map(([name, value]) => {
          const was = JSON.stringify(stored[name as keyof BusinessFacts])
          const unchanged = name in shown ? sql`WHERE setting.value = ${was}` : sql``
          const written = sql`INSERT INTO setting (name, value, changed_at, changed_by)
            VALUES (${name}, ${JSON.stringify(value)}, ${now}, ${actor})
            ON CONFLICT (name) DO UPDATE SET value = excluded.value,
              changed_at = excluded.changed_at, changed_by = excluded.changed_by ${unchanged}`
          return must(byHand(written), 'changed_meanwhile')
        }),
      )
      current = { ...current, ...some }
    },
  }
}

function check(name: string, value: unknown): void {
  if (typeof value !== 'string') return
  const url = name === 'publicUrl' ? URL.parse(value) : null
  const fits =
    name === 'publicUrl'
      ? url?.href === `${url?.origin}/`
      : value.trim().length > 0 || name.startsWith('seller')
  if (fits && value.length <= 200) return
  throw new AppError('invalid_request', {
    param: name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    message:
      name === 'publicUrl'
        ? 'The address must be such as https://ai.example.com, without a path.'
        : 'This needs 1 to 200 characters.',
  })
}
