/**
 * Counts as upstreams report them, not believed until checked (money.md §4). Whatever is wrong is read safely (absent,
 * or cut to what it is a part of) and makes the whole usage implausible: then the gateway charges at most the hold.
 */
import { isCount, isObject, type Json, type JsonObject } from '../base/json.ts'
import { type Units, unitClasses } from '../base/units.ts'
import type { Usage } from './dialect.ts'

/** Lays `news` over what was reported before: the last value of each field that is not null. Never adds up. */
export function mergeUsage(known: JsonObject, news: JsonObject): void {
  for (const [name, value] of Object.entries(news)) {
    if (value === null || value === undefined) continue
    const before = known[name]
    if (isObject(value) && isObject(before)) mergeUsage(before, value)
    else known[name] = value
  }
}

/** Checks the counts of one report. */
export class Counting {
  plausible = true

  /** A count, 0 where it is absent. */
  count(value: Json | undefined): number {
    if (value === undefined || value === null) return 0
    return isCount(value) ? value : this.#doubt(0)
  }

  /** `part` of `whole`, no more than all of it. */
  part(value: Json | undefined, whole: number): number {
    const part = this.count(value)
    return part <= whole ? part : this.#doubt(whole)
  }

  must(condition: boolean): void {
    if (!condition) this.plausible = false
  }

  /** The verdict. Classes that were not used are left out. */
  usage(counts: Units): Usage {
    const units: Units = {}
    for (const unit of unitClasses) if (counts[unit]) units[unit] = counts[unit]
    return { units, plausible: this.plausible }
  }

  #doubt(safe: number): number {
    this.plausible = false
    return safe
  }
}
