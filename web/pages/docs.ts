/** The guides: one Markdown file each, in both languages, loaded when it is read. A guide more is a file and a line here. */
import { language } from '../language.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { Markdown } from '../parts/markdown.ts'
import type { PageProps } from '../routes.ts'
import { docs } from '../words/docs.ts'
import { shell } from '../words/shell.ts'

// As text: the bundler would make HTML of Markdown by itself.
const guides = {
  quickstart: {
    en: () => import('../docs/en/quickstart.md', { with: { type: 'text' } }),
    'zh-TW': () => import('../docs/zh-TW/quickstart.md', { with: { type: 'text' } }),
  },
  clients: {
    en: () => import('../docs/en/clients.md', { with: { type: 'text' } }),
    'zh-TW': () => import('../docs/zh-TW/clients.md', { with: { type: 'text' } }),
  },
  billing: {
    en: () => import('../docs/en/billing.md', { with: { type: 'text' } }),
    'zh-TW': () => import('../docs/zh-TW/billing.md', { with: { type: 'text' } }),
  },
  errors: {
    en: () => import('../docs/en/errors.md', { with: { type: 'text' } }),
    'zh-TW': () => import('../docs/zh-TW/errors.md', { with: { type: 'text' } }),
  },
  webhooks: {
    en: () => import('../docs/en/webhooks.md', { with: { type: 'text' } }),
    'zh-TW': () => import('../docs/zh-TW/webhooks.md', { with: { type: 'text' } }),
  },
  operating: {
    en: () => import('../docs/en/operating.md', { with: { type: 'text' } }),
    'zh-TW': () => import('../docs/zh-TW/operating.md', { with: { type: 'text' } }),
  },
  reliability: {
    en: () => import('../docs/en/reliability.md', { with: { type: 'text' } }),
    'zh-TW': () => import('../docs/zh-TW/reliability.md', { with: { type: 'text' } }),
  },
  security: {
    en: () => import('../docs/en/security.md', { with: { type: 'text' } }),
    'zh-TW': () => import('../docs/zh-TW/security.md', { with: { type: 'text' } }),
  },
  asvs: {
    en: () => import('../docs/en/asvs.md', { with: { type: 'text' } }),
    'zh-TW': () => import('../docs/zh-TW/asvs.md', { with: { type: 'text' } }),
  },
}
type Guide = keyof typeof guides
const names = Object.keys(guides) as Guide[]

export function Docs({ page = 'quickstart' }: PageProps) {
  const w = docs()
  const guide = names.find((name) => name === page)
  if (guide === undefined)
    return html`<h1>${shell().notFound}</h1><p><a href="/docs">${w.guides}</a></p>`
  return html`<div class="guide">
    <nav aria-label=${w.guides}>${names.map(
      (name) =>
        html`<a key=${name} href=${name === 'quickstart' ? '/docs' : `/docs/${name}`} aria-current=${name === guide ? 'page' : undefined}>${w.titles[name]}</a>`,
    )}<a href="/swagger" target="_top">${w.reference}</a></nav>
    <div><h1>${w.titles[guide]}</h1><${Text} guide=${guide} /></div>
  </div>`
}

function Text({ guide }: { guide: Guide }) {
  const told = language.value
  const text = useLoad(`${guide} ${told}`, async () => (await guides[guide][told]()).default)
  return html`<${Load} of=${text}>${(markdown: string) => html`<${Markdown} text=${filled(markdown)} />`}<//>`
}

/** With the address where this platform is reached. */
function filled(markdown: string): string {
  return markdown.replaceAll('{{base}}', `${location.origin}/api/v1`)
}
