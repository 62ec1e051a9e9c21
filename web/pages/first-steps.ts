/** Three steps from an empty account to a first answer, ticked by what is there. The last can be done from here. */
import type { ComponentChildren } from 'preact'
import { api, ask, Refusal } from '../api.ts'
import { Act } from '../parts/act.ts'
import { Answer, useAnswer } from '../parts/answer.ts'
import { firstModel } from '../parts/first-model.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { type OverviewFacts, readOverview } from '../parts/overview-facts.ts'
import { may } from '../parts/role.ts'
import type { PageProps } from '../routes.ts'
import { firstSteps } from '../words/first-steps.ts'
import { playground } from '../words/playground.ts'

export function FirstSteps({ account = '' }: PageProps) {
  const w = firstSteps()
  const facts = useLoad(`overview ${account}`, () => readOverview(account))
  const answer = useAnswer(account)
  const run = async () => {
    const { data } = await ask(api.models.get())
    const model = firstModel(data)
    if (!model) throw new Refusal('model_not_found', playground().noModels)
    const messages = [{ role: 'user' as const, content: w.prompt }]
    await answer.ask({ model: model.id, messages, max_completion_tokens: 200 })
    facts.again()
  }
  const path = `/accounts/${account}`
  return html`
    <h1>${w.title}</h1>
    <${Load} of=${facts}>${({ first_steps: { credit, key, request } }: OverviewFacts) => html`
      <ol class="steps">
        <${Step} done=${credit} title=${w.credit}>${w.creditLead} <a href=${`${path}/billing`}>${w.toBilling}</a><//>
        <${Step} done=${key} title=${w.key}>${w.keyLead} <a href=${`${path}/keys?new=1`}>${w.toKeys}</a><//>
        <${Step} done=${request} title=${w.request}>${
          may(account, 'develop')
            ? html`${w.requestLead} <${Act} look="primary" act=${run}>${w.run}<//>`
            : playground().notAllowed
        }<//>
      </ol>
      <${Answer} account=${account} state=${answer.state} />
      ${credit && key && request && html`<p>${w.all} <a href=${`${path}/overview`}>${w.toOverview}</a></p>`}`}<//>
  `
}

function Step({
  done,
  title,
  children,
}: {
  done: boolean
  title: string
  children: ComponentChildren
}) {
  const w = firstSteps()
  return html`<li class="card">
    <h2>${title} <span class=${done ? 'badge good' : 'badge'}>${done ? `✓ ${w.done}` : w.open}</span></h2>
    <p class="row">${children}</p></li>`
}
