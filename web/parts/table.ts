/**
 * A table that scrolls by itself where the screen is narrower, also by keyboard. One of many columns is read row by row on a
 * phone instead: each cell then stands under its column's name (`style.css`).
 */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { html } from './html.ts'

/** `number` columns are aligned at their ends. */
export type Head = string | { number: string }

interface TableProps {
  label: string
  head: readonly Head[]
  children: ComponentChildren
}

const fitsPhone = 3

export function Table({ label, head, children }: TableProps) {
  const body = useRef<HTMLTableSectionElement>(null)
  useEffect(() => {
    for (const row of body.current?.rows ?? []) {
      for (const cell of row.cells) cell.dataset.label = nameOf(head[cell.cellIndex] ?? '')
    }
  })
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}>
    <table class=${head.length > fitsPhone ? 'stack' : undefined}>
      <thead><tr>${head.map((one) =>
        typeof one === 'string'
          ? html`<th scope="col" key=${one}>${one}</th>`
          : html`<th scope="col" key=${one.number} class="number">${one.number}</th>`,
      )}</tr></thead>
      <tbody ref=${body}>${children}</tbody>
    </table>
  </div>`
}

const nameOf = (one: Head) => (typeof one === 'string' ? one : one.number)
