/** The start page: what this platform is, the first call to make, and where to go on. */
import { Code } from '../parts/copy.ts'
import { firstModel } from '../parts/first-model.ts'
import { html } from '../parts/html.ts'
import { useLoad } from '../parts/load.ts'
import { snippets } from '../parts/snippets.ts'
import { session } from '../session.ts'
import { home } from '../words/home.ts'
import { readModels } from './models.ts'

export function Home() {
  const w = home()
  const base = `${location.origin}/api/v1`
  const model = firstModel(useLoad('models', readModels).value?.data ?? [])
  const [[, curl] = ['', '']] = snippets(base, '$KKAI_KEY', model?.id ?? 'MODEL')
  const account = session.value?.visitor?.accounts[0]
  return html`
    <h1 class="hero">${w.title}</h1>
    <p class="lead">${w.lead}</p>
    <p class="row">
      ${
        session.value?.visitor
          ? html`<a class="button" href=${account ? `/accounts/${account.id}/overview` : '/settings'}>${w.dashboard}</a>`
          : html`<a class="button" href="/register">${w.start}</a>`
      }
      <a href="/models">${w.seeModels}</a>
    </p>
    <h2>${w.baseUrl}</h2>
    <${Code} text=${base} label=${w.baseUrl} />
    <h2>${w.first}</h2>
    <${Code} text=${curl} label=${w.first} />
    <ul class="cards reasons">${w.reasons.map(
      ([title, text]) => html`<li key=${title} class="card"><h2>${title}</h2><p>${text}</p></li>`,
    )}</ul>
  `
}
