/** One prompt against a model, with the streamed answer, its tokens and its cost. */
import { api, ask } from '../api.ts'
import { Answer, useAnswer } from '../parts/answer.ts'
import { firstModel } from '../parts/first-model.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { useQuery } from '../parts/query.ts'
import { may } from '../parts/role.ts'
import { numberOrNull, textOf } from '../parts/written.ts'
import type { PageProps } from '../routes.ts'
import { playground } from '../words/playground.ts'

type Model = Awaited<ReturnType<typeof readModels>>['data'][number]

const readModels = () => ask(api.models.get())

export function Playground({ account = '' }: PageProps) {
  const w = playground()
  const { query } = useQuery()
  const models = useLoad('models', readModels)
  const answer = useAnswer(account)
  // Not awaited: the form stays usable, and its button stops what runs.
  const send = async (data: FormData) => {
    const [model, system, prompt] = [
      textOf(data, 'model'),
      textOf(data, 'system'),
      textOf(data, 'prompt'),
    ]
    const most = numberOrNull(data, 'max_tokens')
    answer.ask({
      model,
      messages: [
        ...(system ? [{ role: 'system' as const, content: system }] : []),
        { role: 'user', content: prompt },
      ],
      ...(most !== null && { max_completion_tokens: most }),
    })
  }
  if (!may(account, 'develop')) return html`<h1>${w.title}</h1><p class="state">${w.notAllowed}</p>`
  return html`
    <h1>${w.title}</h1>
    <p>${w.lead}</p>
    <${Load} of=${models}>${({ data }: { data: Model[] }) => {
      const chat = data.filter(({ kind }) => kind === 'chat')
      if (chat.length === 0)
        return html`<div class="state"><p>${w.noModels}</p><a class="button" href="/models">${w.toModels}</a></div>`
      return html`<${Form} submit=${w.send} onSend=${send}>${(form: FormState) => html`
        <${Field} form=${form} name="model" type="select" label=${w.model} value=${query.model ?? firstModel(data)?.id} options=${chat.map(({ id }) => [id, id])} />
        <${Field} form=${form} name="system" label=${w.system} autocomplete="off" />
        <${Field} form=${form} name="prompt" type="textarea" label=${w.prompt} required />
        <${Field} form=${form} name="max_tokens" type="number" min="1" label=${w.maxTokens} value="500" />`}<//>`
    }}<//>
    ${answer.state.running && html`<p><button type="button" onClick=${answer.stop}>${w.stop}</button></p>`}
    <${Answer} account=${account} state=${answer.state} />
  `
}
