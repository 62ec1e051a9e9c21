/**
 * A stacked chart: own SVG, drawn 1:1 to the width it has, with a legend of buttons that filter and the same numbers as a table
 * under it. A colour is a class: the policy of these pages allows no inline style.
 */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { language } from '../language.ts'
import { chartWords } from '../words/chart.ts'
import { html } from './html.ts'
import {
  barsOf,
  type Column,
  columnsOf,
  type Group,
  groupsOf,
  others,
  type Point,
} from './stack.ts'
import { Table } from './table.ts'

interface ChartProps {
  label: string
  points: readonly Point[]
  slots: readonly string[]
  bucket: 'hour' | 'day'
  format(value: number): string
  /** A bar or its name in the legend was chosen. */
  onPick?(group: string): void
}

export function Chart({ label, points, slots, bucket, format, onPick }: ChartProps) {
  const w = chartWords()
  const groups = groupsOf(points, w.others)
  const columns = columnsOf(points, groups, slots)
  return html`<figure class="chart">
    <${Bars} label=${label} columns=${columns} groups=${groups} bucket=${bucket} format=${format} onPick=${onPick} />
    <figcaption class="row">${groups.map(({ id, name }, index) => html`<${Legend} key=${id} id=${id} name=${name} index=${index} onPick=${onPick} />`)}</figcaption>
    <details><summary>${w.table}</summary>
      <${Table} label=${label} head=${[w.time, ...groups.map(({ name }) => ({ number: name })), { number: w.total }]}>
        ${columns
          .filter(({ values }) => values.size > 0)
          .map(
            ({ at, values }) => html`<tr key=${at}>
          <th scope="row"><time datetime=${at}>${slotName(at, bucket, true)}</time></th>
          ${groups.map(({ id }) => html`<td key=${id} class="number">${format(values.get(id) ?? 0)}</td>`)}
          <td class="number">${format([...values.values()].reduce((a, b) => a + b, 0))}</td>
        </tr>`,
          )}
      <//>
    </details>
  </figure>`
}

interface LegendProps extends Group {
  index: number
  onPick?(group: string): void
}

function Legend({ id, name, index, onPick }: LegendProps) {
  const mark = html`<svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" rx="2" class=${`c${index}`} /></svg>`
  return onPick && id !== others
    ? html`<button type="button" class="small" aria-label=${chartWords().only(name)} onClick=${() => onPick(id)}>${mark} ${name}</button>`
    : html`<span>${mark} ${name}</span>`
}

const height = 220
const [right, above, below] = [8, 8, 24]
const letter = 7

interface BarsProps extends Omit<ChartProps, 'points' | 'slots'> {
  columns: readonly Column[]
  groups: readonly Group[]
}

function Bars({ label, columns, groups, bucket, format, onPick }: BarsProps) {
  const box = useRef<HTMLDivElement>(null)
  const width = useSignal(0)
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      width.value = Math.floor(entry?.contentRect.width ?? 0)
    })
    if (box.current) observer.observe(box.current)
    return () => observer.disconnect()
  }, [])
  const { bars, top, steps } = barsOf(columns, groups)
  const left = 12 + letter * Math.max(...steps.map((step) => format(step).length))
  const slot = Math.max(0, width.value - left - right) / Math.max(1, columns.length)
  const thick = Math.max(1, slot * 0.8)
  const x = (column: number) => left + column * slot + (slot - thick) / 2
  const y = (value: number) => above + (height - above - below) * (1 - value / top)
  const every = Math.max(1, Math.ceil(64 / Math.max(1, slot)))
  const indexOf = new Map(groups.map(({ id }, index) => [id, index]))
  return html`<div ref=${box} class="canvas">
    ${
      width.value > 0 &&
      html`<svg width=${width.value} height=${height} role="img" aria-label=${label}>
      ${steps.map(
        (step) => html`<g key=${step}>
        <line class="rule" x1=${left} x2=${width.value - right} y1=${y(step)} y2=${y(step)} />
        <text x=${left - 6} y=${y(step) + 4} text-anchor="end">${format(step)}</text></g>`,
      )}
      ${bars.map(
        ({ column, group, value, y0, y1 }) => html`
        <rect key=${`${column} ${group.id}`} class=${`c${indexOf.get(group.id)}${onPick ? ' pick' : ''}`} x=${x(column)} y=${y(y1)} width=${thick} height=${y(y0) - y(y1)}
          onClick=${() => group.id !== others && onPick?.(group.id)}>
          <title>${`${slotName(columns[column]?.at ?? '', bucket, true)} · ${group.name}: ${format(value)}`}</title></rect>`,
      )}
      ${columns.map(
        ({ at }, column) =>
          column % every === 0 &&
          column * slot + 56 < width.value - left &&
          html`
        <text key=${at} x=${x(column)} y=${height - 6}>${slotName(at, bucket, false)}</text>`,
      )}
    </svg>`
    }
  </div>`
}

function slotName(at: string, bucket: 'hour' | 'day', long: boolean): string {
  const day = { month: 'short', day: 'numeric' } as const
  const hour = { hour: '2-digit', minute: '2-digit' } as const
  const shown = bucket === 'day' ? day : long ? { ...day, ...hour } : hour
  return new Intl.DateTimeFormat(language.value, shown).format(new Date(at))
}
