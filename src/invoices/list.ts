/** Every issuer of e-invoices: one file and one line each. One whose secrets are not set does not exist. */
import type { Clock } from '../base/clock.ts'
import type { Config } from '../config.ts'
import { openEcpayInvoices } from './ecpay.ts'
import type { Issuer } from './invoice.ts'

/** Null where it is off. */
type Open = (config: Config, clock: Clock) => Issuer | null

const open: readonly Open[] = [openEcpayInvoices]

export type Issuers = ReadonlyMap<string, Issuer>

export function openIssuers(config: Config, clock: Clock): Issuers {
  const opened = open.map((one) => one(config, clock)).filter((one) => one !== null)
  return new Map(opened.map((one) => [one.name, one]))
}
