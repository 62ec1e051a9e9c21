/**
 * Every payment processor: one file and one line each. One whose secrets are not set does not exist: no page offers it and no
 * address takes its callbacks.
 */
import type { Clock } from '../base/clock.ts'
import type { Config } from '../config.ts'
import { openEcpay } from './ecpay.ts'
import { openManual } from './manual.ts'
import type { Processor } from './processor.ts'
import { openStripe } from './stripe.ts'

/** Null where it is off. */
type Open = (config: Config, clock: Clock) => Processor | null

const open: readonly Open[] = [openStripe, openEcpay, openManual]

export type Processors = ReadonlyMap<string, Processor>

export function openProcessors(config: Config, clock: Clock): Processors {
  const opened = open.map((one) => one(config, clock)).filter((one) => one !== null)
  return new Map(opened.map((one) => [one.name, one]))
}
