/** What the guides to reliability and security claim: their tables are made of what is claimed, and each test is there. */
import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { attacks } from '../evidence/claims.ts'
import { inChinese } from '../evidence/faults.ts'
import { judge, prove, readReport } from '../evidence/proof.ts'
import { readRecorded } from '../evidence/record.ts'
import { makeGuides } from '../evidence/tables.ts'
import { matrix } from '../fault/matrix.ts'

const root = join(import.meta.dir, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Whether a test, or what holds several, is called that. */
function isThere(named: string): boolean {
  const [file = '', title = ''] = named.split(' › ')
  if (!existsSync(join(root, file))) return false
  const text = read(file)
  return ["'", '`', '"'].some((quote) => text.includes(`${quote}${title}${quote}`))
}

describe.each(makeGuides())('$path', ({ text, made }) => {
  test('has the tables that `bun run evidence` writes', () => {
    expect(text).toBe(made)
  })

  test('is repeated by commands that are there', () => {
    const { scripts } = JSON.parse(read('package.json'))
    const told = [...text.matchAll(/bun run ([\w:]+)/g)].map(([, name = '']) => name)
    expect(told.filter((name) => !(name in scripts))).toEqual([])
  })
})

test('every area of attacks has its rows', () => {
  expect([...new Set(attacks.map(({ area: [area] }) => area))]).toEqual([
    ...['Keys', 'Log-in', 'Reset and verification', 'OAuth', 'Browser', 'Access', 'Money'],
    ...['Outbound', 'Bodies', 'Secrets', 'Supply', 'This stack'],
  ])
})

test.each(attacks.map(({ area: [area], what: [what], tests }) => ({ area, what, tests })))(
  '$area: $what: its tests are there',
  ({ tests }) => {
    expect(tests).not.toBeEmpty()
    expect(tests.filter((one) => !isThere(one))).toEqual([])
  },
)

describe('the faults', () => {
  test('that are recorded are rows of the matrix, and each row has its words', () => {
    const names = matrix.map(({ name }) => name)
    expect(Object.keys(inChinese)).toEqual(names)
    expect(Object.keys(readRecorded().faults).filter((name) => !names.includes(name))).toEqual([])
  })

  test.each(Object.entries(readRecorded().faults))('%s: its figures can be told', (name, run) => {
    if (run.held && !run.figures.startsWith('not run'))
      expect(run.figures).toMatch(inChinese[name]![1])
  })
})

describe('of what ran', () => {
  const ran = readReport(`
    <testcase name="a &quot;wrong&quot; one" classname="an order &gt; a shop" time="0" file="test/a.test.ts" line="1" />
    <testcase name="is 7" classname="" time="0" file="test/a.test.ts" line="2" />
    <testcase name="is 8" classname="" time="0" file="test/a.test.ts" line="2">
      <failure type="AssertionError" message="1 &gt; 2">at test/a.test.ts</failure>
    </testcase>
    <testcase name="is left out" classname="" time="0" file="test/a.test.ts" line="3">
      <skipped />
    </testcase>
    <testcase name="holds on Stripe" classname="" time="0" file="test/b/c.test.ts" line="4" />
    <testcase name="clicks" classname="" time="0" file="test/journey/d.test.ts" line="5">
      <skipped />
    </testcase>`)

  test.each([
    ['test/a.test.ts › a "wrong" one', 'passed'],
    ['test/a.test.ts › an order', 'passed'],
    ['test/a.test.ts › a shop', 'passed'],
    ['test/a.test.ts › is 7', 'passed'],
    ['test/a.test.ts › is %d', 'failed'],
    ['test/a.test.ts › is left out', 'skipped'],
    ['test/a.test.ts › is', 'absent'],
    ['test/b/c.test.ts › is 7', 'absent'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it is written in a test.
    ['test/b/shared.ts › holds on ${processor}', 'passed'],
    ['test/shared.ts › is %d', 'failed'],
  ] as const)('%s: %s', (named, verdict) => {
    expect(judge(named, ran)).toBe(verdict)
  })

  test('what is not proven is named, and what needs another machine is told apart', () => {
    const tests = ['test/a.test.ts › is 7', 'test/a.test.ts › is left out', 'test/a.test.ts › is']
    expect(prove([...tests, 'test/journey/d.test.ts › clicks'], ran)).toEqual({
      unproven: ['skipped: test/a.test.ts › is left out', 'absent: test/a.test.ts › is'],
      notHere: ['test/journey/d.test.ts › clicks'],
    })
  })
})
