/** What changed between two texts: not by colour alone, `<ins>` and `<del>` are named for who does not see them. */
import { legal } from '../words/legal.ts'
import { diffTexts } from './diff.ts'
import { html } from './html.ts'

export function Changes({ before, after }: { before: string; after: string }) {
  const w = legal()
  const changes = diffTexts(before, after)
  if (changes.every(({ kind }) => kind === 'same')) return html`<p>${w.same}</p>`
  return html`<div class="changes">${changes.map(({ kind, text }, index) => {
    if (kind === 'same') return html`<span key=${index}>${text}</span>`
    const name = html`<span class="hidden">${kind === 'added' ? w.added : w.removed}</span>`
    return kind === 'added'
      ? html`<ins key=${index}>${name}${text}</ins>`
      : html`<del key=${index}>${name}${text}</del>`
  })}</div>`
}
