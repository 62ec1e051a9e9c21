/** What sell prices are above buy prices, and how long before a rise users are told. */
import { useSignal } from '@preact/signals'
import { api, ask, Refusal } from '../api.ts'
import { adminModels } from '../words/admin-models.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { textOf } from './written.ts'

const route = api.admin.markups
const readRules = () => ask(route.get())
type Rules = Awaited<ReturnType<typeof readRules>>

export function Markups({ onSaved }: { onSaved(): void }) {
  const w = adminModels()
  const loaded = useLoad('markups', readRules)
  const told = useSignal('')
  const save = (shown: Rules) => async (data: FormData) => {
    told.value = ''
    const markups = readLines(textOf(data, 'markups'))
    const rise_notice_days = Number(data.get('rise_notice_days'))
    await ask(route.put({ markups, rise_notice_days, shown }))
    told.value = adminModels().saved
    loaded.again()
    onSaved()
  }
  return html`<h2>${w.markups}</h2><p>${w.markupsLead}</p>
    <${Load} of=${loaded}>${(shown: Rules) => html`
      <${Form} submit=${w.save} onSend=${save(shown)}>${(form: FormState) => html`
        <${Field} form=${form} name="markups" type="textarea" label=${w.rules} hint=${w.rulesHint} value=${writeLines(shown.markups)} autocomplete="off" spellcheck=${false} />
        <${Field} form=${form} name="rise_notice_days" type="number" min="0" max="365" step="1" label=${w.noticeDays} value=${String(shown.rise_notice_days)} autocomplete="off" required />`}<//>`}<//>
    <p role="status">${told.value}</p>`
}

const writeLines = (rules: Rules['markups']) =>
  Object.entries(rules)
    .map(([name, percent]) => `${name} ${percent}`)
    .join('\n')

/** A line a rule. What is none is refused at its field, before anything is sent. */
function readLines(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, percent] = /^\s*(\S+)\s+([\d.]+)\s*%?\s*$/.exec(line) ?? []
      if (name && percent) return [name, percent]
      throw new Refusal('invalid_request', '', 400, 'markups')
    }),
  )
}
