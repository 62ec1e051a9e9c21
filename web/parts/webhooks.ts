/** The addresses that are told when a balance or a budget runs low: made, tested, removed, and what was sent to them. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { account as accountWords } from '../words/account.ts'
import { Act } from './act.ts'
import { Code } from './copy.ts'
import { Dialog } from './dialog.ts'
import { Time } from './figures.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { withRecent } from './recent.ts'
import { may } from './role.ts'
import { Table } from './table.ts'
import { textOf } from './written.ts'

const routeOf = (account: string) => api.accounts({ account }).webhooks
const readWebhooks = (account: string) => ask(routeOf(account).get())
type WebhookList = Awaited<ReturnType<typeof readWebhooks>>
type Webhook = WebhookList['data'][number]

export function Webhooks({ account }: { account: string }) {
  const w = accountWords()
  const list = useLoad(`webhooks ${account}`, () => readWebhooks(account))
  const secret = useSignal<string | null>(null)
  const opened = useSignal<string | null>(null)
  const add = async (data: FormData) => {
    const made = await withRecent(() => ask(routeOf(account).post({ url: textOf(data, 'url') })))
    secret.value = made.secret
    list.again()
  }
  const remove = async (webhook: string) => {
    await ask(routeOf(account)({ webhook }).delete())
    list.again()
  }
  const row = ({ id, url }: Webhook) => html`<tr key=${id}>
    <th scope="row">${url}</th>
    <td><div class="row">
      ${may(account, 'manage') && html`<${Act} name=${`${w.test}: ${url}`} act=${() => ask(routeOf(account)({ webhook: id }).test.post())}>${w.test}<//>`}
      <button type="button" class="small" aria-label=${`${w.deliveries}: ${url}`} onClick=${() => {
        opened.value = id
      }}>${w.deliveries}</button>
      ${may(account, 'manage') && html`<${Act} name=${`${w.remove}: ${url}`} confirm=${w.removeSure} act=${() => remove(id)}>${w.remove}<//>`}
    </div></td></tr>`
  return html`
    <h2>${w.webhooks}</h2>
    <p>${w.webhooksLead} <a href="/docs/webhooks">${w.webhooksGuide}</a></p>
    <${Load} of=${list}>${({ data }: WebhookList) =>
      data.length === 0
        ? html`<p>${w.noWebhooks}</p>`
        : html`<${Table} label=${w.webhooks} head=${[w.url, w.acts]}>${data.map(row)}<//>`}<//>
    ${
      may(account, 'manage') &&
      html`<${Form} submit=${w.add} onSend=${add}>${(form: FormState) => html`
      <${Field} form=${form} name="url" type="url" label=${w.url} hint=${w.urlHint} autocomplete="off" required />`}<//>`
    }
    ${
      secret.value &&
      html`<${Dialog} title=${w.secretTitle} locked><p>${w.secretLead}</p>
      <${Code} text=${secret.value} label=${w.secretTitle} />
      <p><button type="button" class="primary" onClick=${() => {
        secret.value = null
      }}>${w.secretKept}</button></p><//>`
    }
    ${
      opened.value &&
      html`<${Deliveries} account=${account} webhook=${opened.value} onClose=${() => {
        opened.value = null
      }} />`
    }
  `
}

const readDeliveries = (account: string, webhook: string) =>
  ask(routeOf(account)({ webhook }).deliveries.get())
type DeliveryList = Awaited<ReturnType<typeof readDeliveries>>
type Delivery = DeliveryList['data'][number]

function Deliveries({
  account,
  webhook,
  onClose,
}: {
  account: string
  webhook: string
  onClose(): void
}) {
  const w = accountWords()
  const list = useLoad(`deliveries ${webhook}`, () => readDeliveries(account, webhook))
  return html`<${Dialog} title=${w.deliveries} onClose=${onClose}>
    <${Load} of=${list}>${({ data }: DeliveryList) =>
      data.length === 0
        ? html`<p>${w.noDeliveries}</p>`
        : html`<${Table} label=${w.deliveries} head=${[w.time, w.event, w.status]}>
            ${data.map(
              ({ id, created_at, event, state, status, error }: Delivery) => html`<tr key=${id}>
              <td><${Time} at=${created_at} /></td><td>${event}</td><td>${status ?? state} ${error && html`<small>${error}</small>`}</td></tr>`,
            )}<//>`}<//><//>`
}
