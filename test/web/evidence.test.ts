/** What the guides to reliability and security claim: every test that they name is there, and every row that must be is. */
import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { matrix } from '../fault/matrix.ts'

const root = join(import.meta.dir, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const guides = ['en', 'zh-TW'].flatMap((language) =>
  ['security', 'reliability'].map((name) => `web/docs/${language}/${name}.md`),
)

/** `file › title` in a guide. */
const named = (guide: string) =>
  [...read(guide).matchAll(/`(test\/[\w/.-]+) › ([^`]+)`/g)].map(([, file = '', title = '']) => ({
    ...{ file, title },
  }))

/** Whether a test, or what holds several, is called that. */
function isThere({ file, title }: { file: string; title: string }): boolean {
  if (!existsSync(join(root, file))) return false
  const text = read(file)
  return ["'", '`', '"'].some((quote) => text.includes(`${quote}${title}${quote}`))
}

describe.each(guides)('%s', (guide) => {
  test('names only tests that are there', () => {
    expect(named(guide).filter((one) => !isThere(one))).toEqual([])
  })

  test('is repeated by commands that are there', () => {
    const { scripts } = JSON.parse(read('package.json'))
    const told = [...read(guide).matchAll(/bun run ([\w:]+)/g)].map(([, name = '']) => name)
    expect(told.filter((name) => !(name in scripts))).toEqual([])
  })
})

/** Cells of the rows under a heading. */
function rowsUnder(guide: string, heading: string): string[][] {
  const [, part = ''] = read(guide).split(`## ${heading}\n`)
  const [table = ''] = part.split('\n## ')
  const lines = table.split('\n').filter((line) => line.startsWith('|'))
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

test('both languages name the same tests', () => {
  expect(named('web/docs/zh-TW/security.md')).toEqual(named('web/docs/en/security.md'))
})

test('every area of attacks has its rows, and every row a test', () => {
  const rows = rowsUnder('web/docs/en/security.md', 'Attacks')
  expect([...new Set(rows.map(([area]) => area))]).toEqual([
    ...['Keys', 'Log-in', 'Reset and verification', 'OAuth', 'Browser', 'Access', 'Money'],
    ...['Outbound', 'Bodies', 'Secrets', 'Supply', 'This stack'],
  ])
  expect(rows.filter(([, , held]) => !held?.includes(' › '))).toEqual([])
})

test('every chapter of the ASVS has its row: a test, or a word why there is none', () => {
  const rows = rowsUnder('web/docs/en/security.md', 'OWASP ASVS 5.0, level 2')
  expect(rows.map(([chapter]) => chapter?.split(' ')[0])).toEqual(
    Array.from({ length: 17 }, (_, at) => `V${at + 1}`),
  )
  const untested = rows.filter(([, , held]) => !held?.includes(' › '))
  expect(untested.map(([chapter, how, held]) => [chapter?.split(' ')[0], how, held])).toEqual([
    ['V12', expect.any(String), 'No test yet'],
    ['V17', expect.stringMatching(/^Not applicable/), '–'],
  ])
})

test('every row of the fault matrix is told, with how often it is made', () => {
  const rows = rowsUnder('web/docs/en/reliability.md', 'Faults')
  expect(rows.map(([name, full]) => [name, full?.replace(/\D/g, '')])).toEqual(
    matrix.map(({ name, full }) => [name, String(full)]),
  )
})
