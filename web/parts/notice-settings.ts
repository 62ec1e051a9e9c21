/** Which notices a person has by mail. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { notices } from '../words/notices.ts'
import { type Changed, Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'

const readPreferences = () => ask(api.me.notices.get())
type Preferences = Awaited<ReturnType<typeof readPreferences>>
type Kind = keyof Preferences

export function NoticeSettings() {
  const w = notices()
  const mailed = useLoad('notices', readPreferences)
  const done = useSignal('')
  const kinds = Object.keys(w.kinds) as Kind[]
  const send = async (data: FormData, changed: Changed) => {
    const chosen = Object.fromEntries(kinds.map((kind) => [kind, data.has(kind)]))
    await ask(api.me.notices.put(changed(chosen as Preferences)))
    done.value = notices().saved
    mailed.again()
  }
  return html`<h2 id="notices">${w.title}</h2><p>${w.lead}</p>
    <${Load} of=${mailed}>${(shown: Preferences) => html`
      <${Form} submit=${w.save} onSend=${send}>${(form: FormState) =>
        kinds.map(
          (kind) =>
            html`<${Field} key=${kind} form=${form} name=${kind} type="checkbox" label=${w.kinds[kind]} value=${shown[kind] ? 'on' : ''} />`,
        )}<//>`}<//>
    <p role="status">${done.value}</p>`
}
