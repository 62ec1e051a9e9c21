/** The start page: what this server is and the first call to make. */
import htm from 'htm'
import { h, render } from 'preact'
import { en, type Words } from './words/en.ts'
import { zhTW } from './words/zh-TW.ts'

const html = htm.bind(h)

function page(words: Words, turn: () => void) {
  const base = `${location.origin}/api/v1`
  const call = [
    `curl ${base}/chat/completions \\`,
    `  -H "Authorization: Bearer $KKAI_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '{"model": "MODEL", "messages": [{"role": "user", "content": "Hello"}]}'`,
  ]
  return html`
    <header>
      <h1>${words.title}</h1>
      <button type="button" onClick=${turn}>${words.language}</button>
    </header>
    <p>${words.lead}</p>
    <h2>${words.baseUrl}</h2>
    <pre tabindex="0"><code>${base}</code></pre>
    <h2>${words.first}</h2>
    <p>${words.needsKey}</p>
    <pre tabindex="0"><code>${call.join('\n')}</code></pre>
    <nav>
      <a href="/swagger">${words.reference}</a>
      <a href="/openapi.json">${words.document}</a>
      <a href="/readyz">${words.health}</a>
    </nav>
  `
}

function show(language: 'en' | 'zh-TW') {
  const [words, other] = language === 'en' ? ([en, 'zh-TW'] as const) : ([zhTW, 'en'] as const)
  document.documentElement.lang = language
  render(
    page(words, () => show(other)),
    document.getElementById('page')!,
  )
}

show(navigator.language.startsWith('zh') ? 'zh-TW' : 'en')
