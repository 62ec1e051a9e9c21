/**
 * `bun run bench`: ours beside a bare proxy, in one run and by turns, with the compiled executable as server and provider.
 * A missed target of speed is shown; it fails only when a stream broke, or when ledger and provider differ by a nano-dollar.
 */
import { cpus, totalmem } from 'node:os'
import { measureHistory, measureMemory, measureStart, measureStreams } from './held.ts'
import { type Books, readBooks } from './money.ts'
import { type Plan, readPlan } from './plan.ts'
import { measureSpeed } from './speed.ts'
import { openStage, type Stage } from './stage.ts'
import { type Figure, judge, writeTable } from './table.ts'

const measures: [name: string, measure: (stage: Stage, plan: Plan) => Promise<Figure[]>][] = [
  ['start', measureStart],
  ['speed', measureSpeed],
  ['streams', measureStreams],
  ['memory', measureMemory],
  ['history', measureHistory],
]

async function run(plan: Plan): Promise<{ figures: Figure[]; books: Books }> {
  const stage = await openStage()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stage.close().finally(() => process.exit(1)))
  }
  try {
    const figures: Figure[] = []
    for (const [name, measure] of measures) {
      process.stderr.write(`${name} …\n`)
      figures.push(...(await measure(stage, plan)))
    }
    process.stderr.write('books …\n')
    return { figures, books: await readBooks(stage) }
  } finally {
    await stage.close()
  }
}

function describeBooks({ calls, ledgerNano, journalNano }: Books): string {
  if (ledgerNano === journalNano) {
    return `ok: ${calls} calls charged ${ledgerNano} nano-USD, as the provider's journal says; ledgers verified`
  }
  return `FAILED: the ledgers charged ${ledgerNano} nano-USD, the provider's journal says ${journalNano}`
}

function write(plan: Plan, figures: Figure[], books: Books): string {
  const processor = `${cpus().length} × ${cpus()[0]?.model}`
  const machine = `${processor}, ${Math.round(totalmem() / 1e9)} GB, Bun ${Bun.version}`
  if (!plan.json) return `${machine}\n\n${writeTable(figures)}\n\n${describeBooks(books)}`
  const judged = figures.map((figure) => ({ ...figure, verdict: judge(figure) }))
  return JSON.stringify({ machine, figures: judged, books }, (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  )
}

const plan = readPlan(Bun.argv.slice(2))
const { figures, books } = await run(plan)
process.stdout.write(`${write(plan, figures, books)}\n`)
const failed = figures.some((figure) => figure.must && judge(figure) === 'miss')
process.exit(failed || books.ledgerNano !== books.journalNano ? 1 : 0)
