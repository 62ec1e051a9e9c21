/** Whether the tests that the guides name ran and passed: read from what `bun test` reports as JUnit. */
import { dirname } from 'node:path'

export interface Ran {
  file: string
  /** Its own title and those of what it is in. */
  titles: string[]
  state: 'passed' | 'failed' | 'skipped'
}

export type Verdict = Ran['state'] | 'absent'

const testcase =
  /<testcase name="([^"]*)" classname="([^"]*)"[^>]* file="([^"]*)"[^>]*?(\/>|>\s*<skipped|>)/g

export function readReport(xml: string): Ran[] {
  return [...xml.matchAll(testcase)].map(([, name = '', groups = '', file = '', end = '']) => ({
    file: unescapeXml(file),
    titles: [name, ...groups.split(' &gt; ')].map(unescapeXml),
    state: end === '/>' ? 'passed' : end === '>' ? 'failed' : 'skipped',
  }))
}

function unescapeXml(text: string): string {
  const signs: Record<string, string> = { quot: '"', apos: "'", lt: '<', gt: '>', amp: '&' }
  return text.replace(/&(\w+);/g, (whole, name) => signs[name] ?? whole)
}

/** `file › title`; what holds cases for several tests is proven where any of its folder ran them. */
export function judge(test: string, ran: readonly Ran[]): Verdict {
  const [file = '', title = ''] = test.split(' › ')
  const folder = file.endsWith('.test.ts') ? null : dirname(file)
  const pattern = patternOf(title)
  const found = ran.filter(
    (one) =>
      (one.file === file || dirname(one.file) === folder) &&
      one.titles.some((told) => pattern.test(told)),
  )
  if (found.length === 0) return 'absent'
  if (found.some(({ state }) => state === 'failed')) return 'failed'
  return found.some(({ state }) => state === 'passed') ? 'passed' : 'skipped'
}

/** A title of many tests, with whatever may stand for its `%s`, `$name` and `${…}`. */
function patternOf(title: string): RegExp {
  const pieces = title.split(/%[a-z#]|\$\w+|\$\{[^}]*\}/)
  return new RegExp(`^${pieces.map((piece) => RegExp.escape(piece)).join('.*')}$`, 's')
}

/** What only some machines can run: with a browser, or where a disk may be mounted. */
const machineBound = /^test\/(journey\/|fault\/disk\.test)/

/** Of the tests that are named: which are not proven by these reports, and which cannot run on this machine. */
export function prove(tests: readonly string[], ran: readonly Ran[]) {
  const verdicts = [...new Set(tests)].map((test) => ({ test, verdict: judge(test, ran) }))
  const isNotHere = ({ test, verdict }: { test: string; verdict: Verdict }) =>
    verdict === 'skipped' && machineBound.test(test)
  return {
    notHere: verdicts.filter(isNotHere).map(({ test }) => test),
    unproven: verdicts
      .filter((one) => one.verdict !== 'passed' && !isNotHere(one))
      .map(({ test, verdict }) => `${verdict}: ${test}`),
  }
}
