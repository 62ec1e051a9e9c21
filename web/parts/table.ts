/** A table that scrolls by itself where the screen is narrower, also by keyboard. */
import type { ComponentChildren } from 'preact'
import { html } from './html.ts'

/** `number` columns are aligned at their ends. */
export type Head = string | { number: string }

interface TableProps {
  label: string
  head: readonly Head[]
  children: ComponentChildren
}

export function Table({ label, head, children }: TableProps) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${label}>
    <table>
      <thead><tr>${head.map((one) =>
        typeof one === 'string'
          ? html`<th scope="col" key=${one}>${one}</th>`
          : html`<th scope="col" key=${one.number} class="number">${one.number}</th>`,
      )}</tr></thead>
      <tbody>${children}</tbody>
    </table>
  </div>`
}
