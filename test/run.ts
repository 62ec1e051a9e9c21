/**
 * All checks, as the integration server runs them: types, format, the executable, then every test against it. Each step
 * counts as one; the last line is `N passed, N failed`. Needs nothing but Bun: the packages are installed first.
 */
const root = `${import.meta.dir}/..`
const bun = process.execPath

interface Sum {
  passed: number
  failed: number
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

/** `bun test` ends with lines such as ` 12 pass` and ` 1 fail`; that it failed without counting one is a failure too. */
async function runTests(...which: string[]): Promise<Sum> {
  let text = ''
  const command = [bun, 'test', '--isolate', '--timeout', '30000', ...which]
  const succeeded = await run(command, (more) => {
    text = (text + more).slice(-4_000)
  })
  const count = (word: string) =>
    Number(text.match(new RegExp(`^ *(\\d+) ${word}$`, 'm'))?.[1] ?? 0)
  const passed = count('pass')
  return { passed, failed: Math.max(count('fail'), succeeded && passed > 0 ? 0 : 1) }
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
  for (const which of [['--path-ignore-patterns', 'test/journey/**'], ['test/journey']]) {
    process.stderr.write(`\n— tests ${which.join(' ')}\n`)
    const { passed, failed } = await runTests(...which)
    sum.passed += passed
    sum.failed += failed
  }
  return sum
}

const { passed, failed } = await runAll()
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exit(failed === 0 ? 0 : 1)
