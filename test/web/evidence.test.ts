/** What the guides to reliability and security claim: their tables are made of what is claimed, and each test is there. */
import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { asvs, attacks } from '../evidence/claims.ts'
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

/** How many items of levels 1 and 2 each section of ASVS 5.0.0 has: they come first, and are 253. */
const sections = {
  ...{ '1.1': 2, '1.2': 9, '1.3': 11, '1.4': 3, '1.5': 2, '2.1': 3, '2.2': 3, '2.3': 4, '2.4': 1 },
  ...{ '3.2': 2, '3.3': 4, '3.4': 6, '3.5': 5, '3.7': 2, '4.1': 3, '4.2': 1, '4.3': 2, '4.4': 4 },
  ...{ '5.1': 1, '5.2': 3, '5.3': 2, '5.4': 3, '6.1': 3, '6.2': 12, '6.3': 4, '6.4': 4, '6.5': 5 },
  ...{ '6.6': 3, '6.8': 4, '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 2, '7.6': 2, '8.1': 2 },
  ...{ '8.2': 3, '8.3': 1, '8.4': 1, '9.1': 3, '9.2': 4, '10.1': 2, '10.2': 2, '10.3': 4 },
  ...{ '10.4': 11, '10.5': 5, '10.6': 2, '10.7': 3, '11.1': 2, '11.2': 3, '11.3': 3, '11.4': 4 },
  ...{ '11.5': 1, '11.6': 1, '12.1': 3, '12.2': 2, '12.3': 4, '13.1': 1, '13.2': 5, '13.3': 2 },
  ...{ '13.4': 5, '14.1': 2, '14.2': 4, '14.3': 3, '15.1': 3, '15.2': 3, '15.3': 7, '16.1': 1 },
  ...{ '16.2': 5, '16.3': 4, '16.4': 3, '16.5': 3, '17.1': 1, '17.2': 4, '17.3': 2 },
}

test('every item of the ASVS, levels 1 and 2, is in the table once', () => {
  const wanted = Object.entries(sections).flatMap(([section, count]) =>
    Array.from({ length: count }, (_, at) => `V${section}.${at + 1}`),
  )
  expect(wanted).toHaveLength(253)
  expect(asvs.flatMap(({ ids }) => ids).sort()).toEqual(wanted.sort())
})

test.each(asvs.map(({ ids, tests, state }) => ({ ids: ids.join(), tests, state })))(
  '$ids: its tests are there, or it says why it has none',
  ({ tests = [], state }) => {
    expect(state === undefined).toBe(tests.length > 0)
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
    ['test/a.test.ts › is $number', 'failed'],
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
