/** The operator tells everyone: written in both languages with a preview, listed, withdrawn. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { language } from '../language.ts'
import { Act } from '../parts/act.ts'
import { mayAdmin } from '../parts/admin.ts'
import { Announcement } from '../parts/banner.ts'
import { Time } from '../parts/figures.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { Table } from '../parts/table.ts'
import { textOf, timeOrNull } from '../parts/written.ts'
import { adminAnnouncements } from '../words/admin-announcements.ts'

const route = api.admin.announcements
const readList = () => ask(route.get())
type List = Awaited<ReturnType<typeof readList>>
type Row = List['data'][number]

export function AdminAnnouncements() {
  const w = adminAnnouncements()
  const list = useLoad('announcements', readList)
  return html`
    <h1>${w.title}</h1><p>${w.lead}</p>
    ${mayAdmin('run') && html`<${Write} again=${list.again} />`}
    <h2>${w.list}</h2>
    <${Load} of=${list}>${({ data }: List) =>
      data.length === 0
        ? html`<p class="state">${w.empty}</p>`
        : html`<${Published} rows=${data} again=${list.again} />`}<//>
  `
}

const blank = { en: '', 'zh-TW': '' }
const languages = ['en', 'zh-TW'] as const

function Write({ again }: { again(): void }) {
  const w = adminAnnouncements()
  const kind = useSignal<Row['kind']>('announcement')
  const title = useSignal(blank)
  const text = useSignal(blank)
  const round = useSignal(0)
  const done = useSignal('')
  const send = async (data: FormData) => {
    if (data.has('mail') && !confirm(w.mailSure)) return
    await ask(
      route.post({
        ...{ kind: kind.value, mail: data.has('mail') },
        ...{ title_en: textOf(data, 'title_en'), title_zh: textOf(data, 'title_zh') },
        ...{ text_en: textOf(data, 'text_en'), text_zh: textOf(data, 'text_zh') },
        ...{ shows_at: timeOrNull(data, 'shows_at'), ends_at: timeOrNull(data, 'ends_at') },
      }),
    )
    done.value = adminAnnouncements().published
    title.value = blank
    text.value = blank
    kind.value = 'announcement'
    round.value++
    again()
  }
  const writes = (of: typeof title, as: 'en' | 'zh-TW') => (value: string) => {
    of.value = { ...of.value, [as]: value }
  }
  const kinds = (['announcement', 'maintenance'] as const).map((one) => [one, w.kinds[one]])
  const said = { kind: kind.value, title: title.value, text: text.value, ends_at: null }
  const written = languages.filter((as) => title.value[as] || text.value[as])
  return html`<h2>${w.write}</h2>
    <${Form} key=${round.value} submit=${w.publish} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="kind" type="select" label=${w.kind} value="announcement" options=${kinds} onInput=${(
        value: string,
      ) => {
        kind.value = value as Row['kind']
      }} />
      <${Field} form=${form} name="title_en" label=${w.titleEn} maxlength="200" autocomplete="off" required onInput=${writes(title, 'en')} />
      <${Field} form=${form} name="text_en" type="textarea" label=${w.textEn} maxlength="5000" required onInput=${writes(text, 'en')} />
      <${Field} form=${form} name="title_zh" label=${w.titleZh} maxlength="200" autocomplete="off" required onInput=${writes(title, 'zh-TW')} />
      <${Field} form=${form} name="text_zh" type="textarea" label=${w.textZh} maxlength="5000" required onInput=${writes(text, 'zh-TW')} />
      <${Field} form=${form} name="shows_at" type="datetime-local" label=${w.showsAt} hint=${w.showsAtHint} />
      <${Field} form=${form} name="ends_at" type="datetime-local" label=${w.endsAt} hint=${w.endsAtHint} />
      <${Field} form=${form} name="mail" type="checkbox" label=${w.mail} hint=${w.mailHint} />
      ${
        written.length > 0 &&
        html`<fieldset><legend>${w.preview}</legend>
          ${written.map((as) => html`<div key=${as} class="notice"><${Announcement} said=${said} as=${as} /></div>`)}
        </fieldset>`
      }`}<//>
    <p role="status">${done.value}</p>`
}

function Published({ rows, again }: { rows: readonly Row[]; again(): void }) {
  const w = adminAnnouncements()
  const withdraw = async (id: string) => {
    await ask(route({ id }).withdraw.post())
    again()
  }
  const row = (one: Row) => {
    const title = one.title[language.value]
    const over = one.state === 'withdrawn' || one.state === 'ended'
    return html`<tr key=${one.id}>
      <th scope="row">${title}<br /><small>${w.kinds[one.kind]}</small></th>
      <td>${w.states[one.state]}</td>
      <td><${Time} at=${one.shows_at} /></td><td><${Time} at=${one.ends_at} /></td>
      <td>${w.mails[!one.mail ? 'none' : one.told_at === null ? 'waiting' : 'done']}</td>
      <td>${!over && mayAdmin('run') && html`<${Act} name=${`${w.withdraw}: ${title}`} confirm=${w.withdrawSure} act=${() => withdraw(one.id)}>${w.withdraw}<//>`}</td></tr>`
  }
  const head = [w.announcement, w.state, w.showsAt, w.endsAt, w.mailed, w.acts]
  return html`<${Table} label=${w.list} head=${head}>${rows.map(row)}<//>`
}
