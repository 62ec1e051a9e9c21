/** One row of the fault matrix: what is done to the platform how often, and what was found. */
export interface Case {
  name: string
  /** How often in a whole run, and in the cut of ten minutes. */
  full: number
  cut: number
  run(times: number, seed: number): Promise<Outcome>
}

export interface Outcome {
  /** What happened, in numbers. */
  figures: string
  /** What must not be; none where all held. */
  troubles: string[]
}

/** The value below which so many in a hundred are. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.ceil((percent / 100) * sorted.length) - 1] ?? 0
}
