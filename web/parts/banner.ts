/** What the operator says now, on every page of who is signed in, until she has dismissed it. */
import { signal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { api, ask } from '../api.ts'
import { keep, kept, type Language, language } from '../language.ts'
import { notices } from '../words/notices.ts'
import { Time } from './figures.ts'
import { html } from './html.ts'
import { useLoad } from './load.ts'

export const readAnnouncements = () => ask(api.announcements.get())
export type Announced = Awaited<ReturnType<typeof readAnnouncements>>['data'][number]

const dismissed = signal<readonly string[]>((kept('dismissed') ?? '').split(' '))

export function Banner() {
  const { path } = useLocation()
  const { value } = useLoad(`announcements ${path}`, readAnnouncements)
  const shown = value?.data ?? []
  const dismiss = (id: string) => {
    const known = shown.filter((one) => one.id === id || dismissed.value.includes(one.id))
    dismissed.value = known.map((one) => one.id)
    keep('dismissed', dismissed.value.join(' '))
  }
  const w = notices()
  return shown
    .filter(({ id }) => !dismissed.value.includes(id))
    .map(
      (said) => html`<div key=${said.id} class="notice row between" role="status">
      <${Announcement} said=${said} />
      <button type="button" class="small" aria-label=${`${w.dismiss}: ${said.title[language.value]}`} onClick=${() => dismiss(said.id)}>${w.dismiss}</button></div>`,
    )
}

/** In the reader's language unless said, line by line. */
export function Announcement({ said, as = language.value }: { said: Announced; as?: Language }) {
  return html`<div lang=${as}><strong>${said.title[as]}</strong>
    ${said.ends_at && html` <small>${notices().until} <${Time} at=${said.ends_at} /></small>`}
    ${said.text[as].split('\n').map((line) => html`<br />${line}`)}</div>`
}
