/** What the guides claim, each with the tests that hold it. A test is named as it is written: `file › title`. */
import attacksFile from './attacks.toml'

/** English, and Chinese as written in Taiwan. */
export type Words = readonly [en: string, zh: string]

export interface Attack {
  area: Words
  what: Words
  tests: string[]
}

export const attacks: readonly Attack[] = attacksFile.attack
