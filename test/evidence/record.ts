/**
 * What the last runs of the fault matrix and of the simulation gave, in `recorded.json`: written by the runs themselves with
 * `--record`, or from what a run printed: `bun test/evidence/record.ts --commit HASH < LOG`.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

/** Of which version, and when. */
interface Run {
  commit: string
  date: string
  seconds: number
}

export interface FaultRun extends Run {
  figures: string
  held: boolean
}

export interface SimulationRun extends Run {
  seeds: number
  failed: number
  /** How often each thing happened. */
  seen: Record<string, number>
}

interface Recorded {
  /** By the row's name; a row that was never run is not in it. */
  faults: Record<string, FaultRun>
  simulation: SimulationRun | null
}

const path = join(import.meta.dir, 'recorded.json')

export function readRecorded(): Recorded {
  return JSON.parse(readFileSync(path, 'utf8'))
}

function change(how: (recorded: Recorded) => void): void {
  const recorded = readRecorded()
  how(recorded)
  writeFileSync(path, `${JSON.stringify(recorded, null, 2)}\n`)
}

function thisVersion(): Omit<Run, 'seconds'> {
  const { stdout } = Bun.spawnSync(['git', 'rev-parse', '--short', 'HEAD'], {
    cwd: import.meta.dir,
  })
  return { commit: stdout.toString().trim(), date: new Date().toISOString().slice(0, 10) }
}

export function recordFault(
  name: string,
  { figures, held, seconds }: Omit<FaultRun, 'commit' | 'date'>,
  version = thisVersion(),
): void {
  change(({ faults }) => {
    faults[name] = { ...version, seconds, held, figures }
  })
}

export function recordSimulation(
  { seeds, failed, seconds, seen }: Omit<SimulationRun, 'commit' | 'date'>,
  version = thisVersion(),
): void {
  change((recorded) => {
    recorded.simulation = { ...version, seconds, seeds, failed, seen }
  })
}

/** Rows as `test/fault/run.ts` says them, and the last words of `test/sim/run.ts`. */
function recordPrinted(log: string, version: Omit<Run, 'seconds'>): void {
  for (const [, state, name = '', figures = '', seconds] of log.matchAll(
    /^(ok {4}|FAILED) (.+?): (.+) \((\d+) s\)$/gm,
  )) {
    const held = state !== 'FAILED'
    recordFault(name, { figures, held, seconds: Number(seconds) }, version)
  }
  const [, passed, failed, seconds] =
    /^(\d+) passed, (\d+) failed in ([\d.]+) s$/m.exec(log)?.map(Number) ?? []
  if (passed === undefined || failed === undefined || seconds === undefined) return
  const seen = Object.fromEntries(
    [...log.matchAll(/^ +(\d+) {2}(.+)$/gm)].map(([, times, what = '']) => [what, Number(times)]),
  )
  recordSimulation({ seeds: passed + failed, failed, seconds, seen }, version)
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { commit: { type: 'string' } } })
  const { commit, date } = thisVersion()
  recordPrinted(await Bun.stdin.text(), { commit: values.commit ?? commit, date })
}
