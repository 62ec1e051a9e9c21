/** What a bench found: figures, each beside its target where it has one. */

export interface Figure {
  name: string
  /** Null when it was not measured; `detail` says why. */
  value: number | null
  unit: string
  target?: { least: number } | { most: number }
  /** A miss fails the bench. */
  must?: boolean
  /** What it was made of. */
  detail?: string
}

export type Verdict = 'ok' | 'miss' | ''

export function judge({ value, target }: Figure): Verdict {
  if (target === undefined || value === null) return ''
  return ('least' in target ? value >= target.least : value <= target.most) ? 'ok' : 'miss'
}

export function writeTable(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => [
    figure.name,
    figure.value === null ? 'not run' : `${round(figure.value)} ${figure.unit}`.trim(),
    writeTarget(figure),
    judge(figure),
    figure.detail ?? '',
  ])
  const all = [['', 'found', 'target', '', ''], ...rows]
  const widths = [0, 1, 2, 3].map((at) => Math.max(...all.map((row) => row[at]!.length)))
  return all
    .map((row) =>
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function writeTarget({ target }: Figure): string {
  if (target === undefined) return ''
  return 'least' in target ? `≥ ${target.least}` : `≤ ${target.most}`
}

/** Three digits that matter; more where it is large. */
export function round(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = sorted.length / 2
  return (
    ((sorted[Math.ceil(half) - 1] ?? Number.NaN) + (sorted[Math.floor(half)] ?? Number.NaN)) / 2
  )
}
