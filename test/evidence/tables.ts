/**
 * `bun run evidence`: writes the tables of the guides to security, ASVS and reliability, in both languages, from what is claimed and
 * what was last recorded. A table is found by its head; whatever else a guide says is left alone.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { asvs, attacks, type Item, states, type Words } from './claims.ts'
import { lastRuns, lastSimulation } from './faults.ts'

interface Table {
  guide: string
  head: readonly Words[]
  /** The cells of each row, in the language of that place in `Words`. */
  rows(language: 0 | 1): string[][]
}

const code = (tests: readonly string[]) => tests.map((test) => `\`${test}\``).join(' ')

const tables: readonly Table[] = [
  {
    guide: 'security',
    head: [
      ['Where', '位置'],
      ['What is tried', '嘗試的攻擊'],
      ['Held by', '由何者把關'],
    ],
    rows: (language) =>
      attacks.map(({ area, what, tests }) => [area[language], what[language], code(tests)]),
  },
  {
    guide: 'asvs',
    head: [
      ['Item', '項目'],
      ['What', '內容'],
      ['How', '作法'],
      ['Held by', '由何者把關'],
    ],
    rows: (language) =>
      asvs.map((item) => [
        item.ids.join(', '),
        item.what[language],
        item.how[language],
        heldBy(item, language),
      ]),
  },
  {
    guide: 'reliability',
    head: [
      ['Fault', '故障'],
      ['A full run', '完整執行的次數'],
      ['Last run', '上次執行'],
    ],
    rows: lastRuns,
  },
  {
    guide: 'reliability',
    head: [
      ['In the simulation', '模擬中發生的事'],
      ['How often', '次數'],
    ],
    rows: lastSimulation,
  },
]

function heldBy({ state, tests = [] }: Item, language: 0 | 1): string {
  return state === undefined ? code(tests) : states[state][language]
}

const line = (cells: readonly string[]) =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`

const root = join(import.meta.dir, '../..')

/** A guide as it is, and as it should be. */
interface Guide {
  path: string
  text: string
  made: string
}

export function makeGuides(): Guide[] {
  const languages = ['en', 'zh-TW'] as const
  const names = [...new Set(tables.map(({ guide }) => guide))]
  return languages.flatMap((folder, language) =>
    names.map((name) => {
      const path = `web/docs/${folder}/${name}.md`
      const text = readFileSync(join(root, path), 'utf8')
      const own = tables.filter(({ guide }) => guide === name)
      return { path, text, made: own.reduce((so, one) => put(so, one, language as 0 | 1), text) }
    }),
  )
}

function put(text: string, { guide, head, rows }: Table, language: 0 | 1): string {
  const first = line(head.map((words) => words[language]))
  const lines = text.split('\n')
  const from = lines.indexOf(first)
  if (from === -1) throw new Error(`The guide ${guide} has no table with the head ${first}`)
  const length = lines.slice(from).findIndex((one) => !one.startsWith('|'))
  const rule = `|${'---|'.repeat(head.length)}`
  lines.splice(from, length, first, rule, ...rows(language).map(line))
  return lines.join('\n')
}

export function writeGuides(): void {
  for (const { path, made } of makeGuides()) writeFileSync(join(root, path), made)
}

if (import.meta.main) writeGuides()
