/** How much a bench does: `--quick` in less than a minute, the usual in some four, `--full` what every target asks for. */
import { parseArgs } from 'node:util'

export interface Plan {
  /** How long a way is loaded before it is the other's turn, and how many turns each has. */
  sliceMs: number
  pairs: number
  starts: number
  streams: readonly number[]
  /** Calls before memory is read. */
  calls: number
  /** Usage records in the database whose calls are compared with an empty one's; 0 leaves that out. */
  rows: number
  json: boolean
}

const million = 1_000_000
// biome-ignore format: a table is read by its rows
const sizes = {
  quick: { sliceMs: 400, pairs: 2, starts: 5, streams: [2000], calls: 10_000, rows: 0 },
  usual: { sliceMs: 2000, pairs: 3, starts: 10, streams: [2000, 8000], calls: 100_000, rows: 100_000 },
  full: { sliceMs: 3000, pairs: 5, starts: 10, streams: [2000, 8000], calls: million, rows: million },
}

/** `--quick`, `--full`, `--million` (calls), `--rows N`, `--json`; throws for anything else. */
export function readPlan(args: string[]): Plan {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean' },
      full: { type: 'boolean' },
      million: { type: 'boolean' },
      rows: { type: 'string' },
      json: { type: 'boolean' },
    },
  })
  const { quick, full, json = false } = values
  const size = sizes[full ? 'full' : quick ? 'quick' : 'usual']
  const rows = Number(values.rows ?? size.rows)
  if (!Number.isSafeInteger(rows) || rows < 0) throw new Error('--rows must be a whole number')
  return { ...size, calls: values.million ? million : size.calls, rows, json }
}
