/** What the demo would have mailed, with its links to follow: nobody needs a mail server to look around. */
import { api, ask } from '../api.ts'
import { Time } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { mails } from '../words/mails.ts'

const readMails = () => ask(api.demo.mails.get())
type MailView = Awaited<ReturnType<typeof readMails>>['data'][number]

export function Mails() {
  const w = mails()
  const list = useLoad('mails', readMails)
  return html`
    <div class="row between"><h1>${w.title}</h1>
      <button type="button" onClick=${list.again}>${w.again}</button></div>
    <p>${w.lead}</p>
    <${Load} of=${list}>${({ data }: { data: MailView[] }) =>
      data.length === 0
        ? html`<div class="state"><p>${w.empty}</p><a class="button" href="/register">${w.register}</a></div>`
        : data.map(
            (mail) => html`<article key=${mail.id} class="card mail">
              <h2>${mail.subject}</h2>
              <p class="soft">${w.to} ${mail.to} · <${Time} at=${mail.at} /></p>
              <p>${linked(mail.text)}</p>
            </article>`,
          )}<//>
  `
}

/** Links to this platform work wherever the demo is reached. */
function linked(text: string) {
  return text.split(/(https?:\/\/\S+)/).map((part, index) => {
    if (index % 2 === 0) return part
    const { pathname, search } = new URL(part)
    return html`<a key=${index} href=${pathname + search}>${part}</a>`
  })
}
