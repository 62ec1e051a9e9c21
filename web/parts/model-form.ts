/** What a model is, by which ways it is reached, and whether it is sold. */
import { useSignal } from '@preact/signals'
import { api, ask, Refusal } from '../api.ts'
import type { ModelView } from '../pages/admin-models.ts'
import { adminModels } from '../words/admin-models.ts'
import { Dialog } from './dialog.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { endOfDayOrNull, numberOrNull, textOf, textOrNull } from './written.ts'

const route = api.admin.models

/** Of a model, or with null of a new one. */
export function ModelDialog({ model, onClose }: { model: ModelView | null; onClose(): void }) {
  const w = adminModels()
  const send = async (data: FormData) => {
    await ask(
      route.put({
        ...{ id: model?.id ?? textOf(data, 'id'), name: textOrNull(data, 'name') },
        kind: data.get('kind') === 'embeddings' ? 'embeddings' : 'chat',
        context_length: Number(data.get('context_length')),
        max_output: numberOrNull(data, 'max_output'),
        ...{
          description: textOf(data, 'description'),
          channels: readWays(textOf(data, 'channels')),
        },
        revision: model?.revision ?? null,
      }),
    )
    onClose()
  }
  const kinds = Object.entries(w.kinds)
  const whole = { type: 'number', min: '1', step: '1', autocomplete: 'off' }
  return html`<${Dialog} title=${model ? w.of(w.change, model.id) : w.add} onClose=${onClose}>
    <${Form} submit=${w.save} onSend=${send}>${(form: FormState) => html`
      ${!model && html`<${Field} form=${form} name="id" label=${w.id} hint=${w.idHint} maxlength="200" autocomplete="off" spellcheck=${false} required />`}
      <${Field} form=${form} name="name" label=${w.name} value=${model?.name} maxlength="200" autocomplete="off" />
      <${Field} form=${form} name="kind" type="select" label=${w.kind} value=${model?.kind ?? 'chat'} options=${kinds} />
      <${Field} form=${form} name="context_length" label=${w.context} value=${model?.context_length} required ...${whole} />
      <${Field} form=${form} name="max_output" label=${w.maxOutput} value=${model?.max_output} ...${whole} />
      <${Field} form=${form} name="description" type="textarea" label=${w.description} value=${model?.description} maxlength="2000" autocomplete="off" />
      <${Field} form=${form} name="channels" type="textarea" label=${w.ways} hint=${w.waysHint} value=${writeWays(model?.channels ?? [])} autocomplete="off" spellcheck=${false} />`}<//>
  <//>`
}

const writeWays = (ways: readonly Omit<ModelView['channels'][number], 'state'>[]) =>
  ways
    .map(({ channel, model, priority, weight }) => `${channel} ${model} ${priority} ${weight}`)
    .join('\n')

/** A line a way. What is none is refused at its field, before anything is sent. */
function readWays(text: string) {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.map((line) => {
    const [channel = '', model = '', priority = '0', weight = '1', ...more] = line
      .trim()
      .split(/\s+/)
    if (model === '' || more.length > 0 || !/^\d+ \d+$/.test(`${priority} ${weight}`))
      throw new Refusal('invalid_request', '', 400, 'channels')
    return { channel, model, priority: Number(priority), weight: Number(weight) }
  })
}

interface StateProps {
  model: ModelView
  /** What may take its place. */
  others: readonly string[]
  onClose(): void
}

export function StateDialog({ model, others, onClose }: StateProps) {
  const w = adminModels()
  const state = useSignal(model.state)
  const send = async (data: FormData) => {
    await ask(
      route.state.post({
        ...{ id: model.id, revision: model.revision, state: state.value },
        ...{
          retires_at: endOfDayOrNull(data, 'retires_at'),
          successor: textOrNull(data, 'successor'),
        },
        reason: textOf(data, 'reason'),
      }),
    )
    onClose()
  }
  const choose = (value: string) => {
    state.value = value as ModelView['state']
  }
  const successors = [['', w.noSuccessor], ...others.map((id) => [id, id])]
  return html`<${Dialog} title=${w.of(w.state, model.id)} onClose=${onClose}>
    <${Form} submit=${w.save} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="state" type="select" label=${w.stateTitle} hint=${w.stateHint} value=${model.state} options=${Object.entries(w.states)} onInput=${choose} />
      ${state.value === 'deprecated' && html`<${Field} form=${form} name="retires_at" type="date" label=${w.retires} value=${model.retires_at?.slice(0, 10)} autocomplete="off" required />`}
      ${state.value !== 'active' && html`<${Field} form=${form} name="successor" type="select" label=${w.successor} value=${model.successor} options=${successors} />`}
      <${Field} form=${form} name="reason" label=${w.reason} maxlength="1000" autocomplete="off" required />`}<//>
  <//>`
}
