/** What calls of one shape cost at a model's prices, computed as it is charged, while the numbers are typed. */
import { useSignal } from '@preact/signals'
import { useId } from 'preact/hooks'
import { models } from '../words/models.ts'
import { Usd } from './figures.ts'
import { html } from './html.ts'
import { costOfCalls, type PriceSheet } from './price.ts'

export function Calculator({ sheet, embeds }: { sheet: PriceSheet; embeds: boolean }) {
  const w = models()
  const id = useId()
  const shape = useSignal({ prompt: 1000, cached: 0, completion: embeds ? 0 : 500, calls: 1000 })
  const fields = [
    ['prompt', w.promptTokens],
    ...(embeds
      ? []
      : ([
          ['cached', w.cachedTokens],
          ['completion', w.completionTokens],
        ] as const)),
    ['calls', w.callCount],
  ] as const
  return html`
    <h2>${w.calculator}</h2>
    <div class="row filters">${fields.map(
      ([name, label]) => html`<label key=${name} class="field"><span>${label}</span>
        <input type="number" min="0" max="1000000000" step="1" inputmode="numeric" aria-describedby=${id}
          value=${shape.value[name]} onInput=${(event: Event) => {
            shape.value = { ...shape.value, [name]: whole(event.target as HTMLInputElement) }
          }} /></label>`,
    )}</div>
    <p id=${id} role="status">${w.costs} <strong class="big">
      <${Usd} amount=${costOfCalls(sheet, shape.value, shape.value.calls)} /></strong>
      <br /><small>${w.costNote}</small></p>
  `
}

function whole({ valueAsNumber }: HTMLInputElement): number {
  return valueAsNumber > 0 ? Math.min(Math.floor(valueAsNumber), 1e9) : 0
}
