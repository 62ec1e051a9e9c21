/** What the guides claim, each with the tests that hold it. A test is named as it is written: `file › title`. */
import asvsFile from './asvs.toml'
import attacksFile from './attacks.toml'

/** English, and Chinese as written in Taiwan. */
export type Words = readonly [en: string, zh: string]

export interface Attack {
  area: Words
  what: Words
  tests: string[]
}

/** Why an item of the ASVS has no test. */
export const states = {
  'not applicable': ['Not applicable', '不適用'],
  operator: ['The operator’s', '由營運者負責'],
  written: ['Written down', '文件'],
  'not held': ['Not held', '未符合'],
} as const satisfies Record<string, Words>

/** Held by its tests, or in a state that says why it has none. */
export interface Item {
  ids: string[]
  what: Words
  how: Words
  state?: keyof typeof states
  tests?: string[]
}

export const attacks: readonly Attack[] = attacksFile.attack
export const asvs: readonly Item[] = asvsFile.item

/** Every test that a guide names. */
export const named: readonly string[] = [...attacks, ...asvs].flatMap(({ tests = [] }) => tests)
