/** The start page: what this platform is, the first call to make, and where to go on. */
import { Code } from '../parts/copy.ts'
import { html } from '../parts/html.ts'
import { home } from '../words/home.ts'

export function Home() {
  const w = home()
  const base = `${location.origin}/api/v1`
  const call = [
    `curl ${base}/chat/completions \\`,
    `  -H "Authorization: Bearer $KKAI_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '{"model": "MODEL", "messages": [{"role": "user", "content": "Hello"}]}'`,
  ]
  return html`
    <h1>${w.title}</h1>
    <p>${w.lead}</p>
    <h2>${w.baseUrl}</h2>
    <${Code} text=${base} />
    <h2>${w.first}</h2>
    <${Code} text=${call.join('\n')} />
  `
}
