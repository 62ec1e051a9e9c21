/** What the price list proposes against what is in force, decided in bulk. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { adminModels } from '../words/admin-models.ts'
import { models } from '../words/models.ts'
import { Act } from './act.ts'
import { mayAdmin } from './admin.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { Table } from './table.ts'
import { timeOrNull } from './written.ts'

const route = api.admin.proposals
const readProposals = () => ask(route.get())
type Proposal = Awaited<ReturnType<typeof readProposals>>['data'][number]

export function Proposals({ onDecided }: { onDecided(): void }) {
  const w = adminModels()
  const list = useLoad('proposals', readProposals)
  const told = useSignal('')
  const look = async () => {
    const { found, unknown } = await ask(route.look.post())
    told.value = adminModels().looked(found, unknown.join(', '))
    list.again()
  }
  const decided = () => {
    list.again()
    onDecided()
  }
  return html`<h2>${w.proposals}</h2><p>${w.proposalsLead}</p>
    ${mayAdmin('run') && html`<p class="row"><${Act} look="" act=${look}>${w.look}<//> <span role="status">${told.value}</span></p>`}
    <${Load} of=${list}>${({ data }: { data: Proposal[] }) =>
      data.length === 0
        ? html`<p class="state">${w.noProposals}</p>`
        : html`<${Decide} key=${data.map(({ id }) => id).join()} rows=${data} onDecided=${decided} />`}<//>`
}

function Decide({ rows, onDecided }: { rows: Proposal[]; onDecided(): void }) {
  const w = adminModels()
  const chosen = useSignal<ReadonlySet<string>>(new Set())
  const toggle = (ids: readonly string[]) => {
    const all = ids.every((id) => chosen.value.has(id))
    const rest = [...chosen.value].filter((id) => !ids.includes(id))
    chosen.value = new Set(all ? rest : [...rest, ...ids])
  }
  const send = async (data: FormData) => {
    await ask(
      route.decide.post({
        ids: [...chosen.value],
        decision: data.get('decision') === 'reject' ? 'reject' : 'approve',
        with_markup: data.has('with_markup'),
        sell_from: timeOrNull(data, 'sell_from'),
        confirm_below_cost: data.has('confirm_below_cost'),
        confirm_short_notice: data.has('confirm_short_notice'),
      }),
    )
    onDecided()
  }
  const box = (ids: string[], name: string) => html`<input type="checkbox" aria-label=${name}
    checked=${ids.every((id) => chosen.value.has(id))} onChange=${() => toggle(ids)} />`
  const all = rows.map(({ id }) => id)
  const decisions = [
    ['approve', w.approve],
    ['reject', w.reject],
  ]
  return html`<p><label class="row">${box(all, w.chooseAll)} ${w.chooseAll}</label></p>
    <${Table} label=${w.proposals} head=${[w.choose, w.model, w.buyDiff, w.sell]}>${rows.map(
      ({ id, model, source, buy, sell, markup, below_cost }) => html`<tr key=${id}>
        <td>${box([id], w.chooseOf(model))}</td>
        <th scope="row">${model}<br /><small>${source}</small></th>
        <td><${Differences} rows=${buy} />${below_cost.length > 0 && html`<span class="badge bad">${w.belowCost}</span>`}</td>
        <td>${markup !== null && sell ? html`<small>${w.sellDiff(markup)}</small><${Differences} rows=${sell} />` : w.noRule}</td></tr>`,
    )}<//>
    ${
      mayAdmin('run') &&
      chosen.value.size > 0 &&
      html`<${Form} submit=${`${w.decide} (${chosen.value.size})`} onSend=${send}>${(
        form: FormState,
      ) => html`
        <${Field} form=${form} name="decision" type="select" label=${w.decide} options=${decisions} value="approve" />
        <${Field} form=${form} name="with_markup" type="checkbox" label=${w.withMarkup} value="on" />
        <${Field} form=${form} name="sell_from" type="datetime-local" label=${w.sellFrom} hint=${w.effectiveHint} autocomplete="off" />
        <${Field} form=${form} name="confirm_below_cost" type="checkbox" label=${w.confirmCost} />
        <${Field} form=${form} name="confirm_short_notice" type="checkbox" label=${w.confirmNotice} />`}<//>`
    }`
}

function Differences({ rows }: { rows: Proposal['buy'] }) {
  const { units, longPrompts } = models()
  if (rows.length === 0) return adminModels().same
  return rows.map(
    ({ unit, min_prompt_tokens: least, from, to }) => html`<div key=${unit + least}>
      ${units[unit]}${least > 0 && ` (${longPrompts(String(least))})`}: ${from ?? '–'} → ${to ?? '–'}</div>`,
  )
}
