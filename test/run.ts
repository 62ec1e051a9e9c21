/**
 * All checks, as the integration server runs them: types, format, the executable, then every test against it. Each step
 * counts as one, and so does the evidence: that every test which the guides name ran and passed. The last line is `N passed,
 * N failed`. Needs nothing but Bun: the packages are installed first.
 */
import { named } from './evidence/claims.ts'
import { prove, type Ran, readReport } from './evidence/proof.ts'

const root = `${import.meta.dir}/..`
const bun = process.execPath

interface Sum {
  passed: number
  failed: number
}

interface Tests extends Sum {
  ran: Ran[]
}

const steps: readonly [name: string, command: string[]][] = [
  ['types', [bun, 'check', '--no-script']],
  ['format and lint', [bun, 'x', 'biome', 'check', '.']],
  ['build', [bun, 'src/build.ts']],
]

async function run(command: string[], onText: (text: string) => void = () => {}): Promise<boolean> {
  const child = Bun.spawn(command, {
    cwd: root,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'pipe',
  })
  const decoder = new TextDecoder()
  for await (const bytes of child.stderr) {
    process.stderr.write(bytes)
    onText(decoder.decode(bytes, { stream: true }))
  }
  return (await child.exited) === 0
}

const reportFile = `${root}/dist/tests.xml`

/** `bun test` ends with lines such as ` 12 pass` and ` 1 fail`; that it failed without counting one is a failure too. */
async function runTests(...which: string[]): Promise<Tests> {
  let text = ''
  const report = ['--reporter=junit', `--reporter-outfile=${reportFile}`]
  const command = [bun, 'test', '--isolate', '--timeout', '30000', ...report, ...which]
  await Bun.write(reportFile, '')
  const succeeded = await run(command, (more) => {
    text = (text + more).slice(-4_000)
  })
  const count = (word: string) =>
    Number(text.match(new RegExp(`^ *(\\d+) ${word}$`, 'm'))?.[1] ?? 0)
  const passed = count('pass')
  const failed = Math.max(count('fail'), succeeded && passed > 0 ? 0 : 1)
  return { passed, failed, ran: readReport(await Bun.file(reportFile).text()) }
}

/** Says each test that a guide names and that is not proven; what this machine cannot run fails nothing. */
function checkEvidence(ran: readonly Ran[]): boolean {
  const { unproven, notHere } = prove(named, ran)
  for (const test of notHere) process.stderr.write(`not run here: ${test}\n`)
  for (const what of unproven) process.stderr.write(`${what}\n`)
  return unproven.length === 0
}

/** Ten minutes of the fault matrix, or what the rest has left of the half hour that all may take; none where that is nothing. */
async function runFaults(): Promise<boolean> {
  const minutes = Math.min(10, 23 - performance.now() / 60_000)
  process.stderr.write(`\n— faults, for ${minutes.toFixed(1)} minutes\n`)
  if (minutes < 1) return true
  return run([bun, 'test/fault/run.ts', '--cut', '--minutes', String(minutes)])
}

async function runAll(): Promise<Sum> {
  const sum = { passed: 0, failed: 0 }
  if (!(await run([bun, 'install', '--frozen-lockfile', '--ignore-scripts'])))
    return { passed: 0, failed: 1 }
  for (const [name, command] of steps) {
    process.stderr.write(`\n— ${name}\n`)
    if (await run(command)) sum.passed++
    else sum.failed++
  }
  // Journeys in a process of their own: a browser is slow enough without the others' leftovers.
  const ran: Ran[] = []
  for (const which of [['--path-ignore-patterns', 'test/journey/**'], ['test/journey']]) {
    process.stderr.write(`\n— tests ${which.join(' ')}\n`)
    const tests = await runTests(...which)
    sum.passed += tests.passed
    sum.failed += tests.failed
    ran.push(...tests.ran)
  }
  process.stderr.write('\n— evidence\n')
  for (const held of [checkEvidence(ran), await runFaults()]) {
    if (held) sum.passed++
    else sum.failed++
  }
  return sum
}

const { passed, failed } = await runAll()
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exit(failed === 0 ? 0 : 1)
