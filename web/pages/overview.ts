/** An account at a glance. */
import { html } from '../parts/html.ts'

export function Overview({ account }: Record<string, string>) {
  return html`<h1>${account}</h1>`
}
