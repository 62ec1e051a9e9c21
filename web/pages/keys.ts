/** The account's keys: their state, what they spent, and all that is done with them. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { usd } from '../format.ts'
import { Act } from '../parts/act.ts'
import { Dialog } from '../parts/dialog.ts'
import { Time, Usd } from '../parts/figures.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { EditKeyForm, type KeyView, NewKeyForm, readKeys } from '../parts/key-form.ts'
import { Load, useLoad } from '../parts/load.ts'
import { useQuery } from '../parts/query.ts'
import { RecentDialog } from '../parts/recent.ts'
import { may } from '../parts/role.ts'
import { SecretDialog } from '../parts/secret.ts'
import { Table } from '../parts/table.ts'
import { TypedDialog } from '../parts/typed.ts'
import type { PageProps } from '../routes.ts'
import { keys } from '../words/keys.ts'

interface Opened {
  what: 'edit' | 'rotate' | 'revoke'
  row: KeyView
}

export function Keys({ account = '' }: PageProps) {
  const w = keys()
  const { query, change } = useQuery()
  const list = useLoad(`keys ${account}`, () => readKeys(account))
  const opened = useSignal<Opened | null>(null)
  const secret = useSignal<string | null>(null)
  const close = () => {
    opened.value = null
    list.again()
  }
  const show = (text: string) => {
    secret.value = text
    opened.value = null
    if (query.new) change({ new: null })
    list.again()
  }
  const create =
    may(account, 'develop') &&
    html`
    <button type="button" class="primary" onClick=${() => change({ new: '1' })}>${w.create}</button>`
  return html`
    <div class="row between"><h1>${w.title}</h1>${create}</div>
    <${Load} of=${list}>${({ data }: { data: KeyView[] }) =>
      data.length === 0
        ? html`<div class="state"><p>${w.empty}</p>${create}</div>`
        : html`<${KeyTable} rows=${data} account=${account} again=${list.again} onOpen=${(
            next: Opened,
          ) => {
            opened.value = next
          }} />`}<//>
    ${
      query.new &&
      secret.value === null &&
      html`<${Dialog} title=${w.create} onClose=${() => change({ new: null })}>
      <${NewKeyForm} account=${account} onMade=${show} /><//>`
    }
    ${opened.value && html`<${KeyDialog} account=${account} ...${opened.value} onSecret=${show} onClose=${close} />`}
    ${
      secret.value &&
      html`<${SecretDialog} secret=${secret.value} onClose=${() => {
        secret.value = null
      }} />`
    }
    <${RecentDialog} />
  `
}

interface KeyTableProps {
  rows: KeyView[]
  account: string
  again(): void
  onOpen(next: Opened): void
}

function KeyTable({ rows, account, again, onOpen }: KeyTableProps) {
  const w = keys()
  const columns = [w.name, w.state, { number: w.spent }, w.models, w.lastUsed, w.expires]
  return html`<${Table} label=${w.title} head=${[...columns, w.acts]}>${rows.map(
    (row) => html`
    <tr key=${row.id}>
      <th scope="row">${row.name}<br /><code>${row.label}</code></th>
      <td><${State} row=${row} /></td>
      <td class="number"><${Usd} amount=${row.spent} />${
        row.limit &&
        html`<br /><small>
        ${w.of(usd(row.limit))} ${row.limit_reset && w.resets[row.limit_reset]}</small>`
      }</td>
      <td>${row.models?.join(', ') ?? w.allModels}</td>
      <td>${row.last_used_at ? html`<${Time} at=${row.last_used_at} />` : w.never}</td>
      <td><${Time} at=${row.expires_at} /></td>
      <td>${
        row.state !== 'revoked' &&
        may(account, 'develop') &&
        html`
        <${KeyActs} row=${row} account=${account} again=${again} onOpen=${onOpen} />`
      }</td>
    </tr>`,
  )}<//>`
}

function State({ row }: { row: KeyView }) {
  const w = keys()
  const expired = row.expires_at !== null && Date.parse(row.expires_at) <= Date.now()
  const good = row.state === 'active' && !expired
  return html`<span class=${good ? 'badge good' : 'badge'}>${expired ? w.expired : w.states[row.state]}</span>
    ${row.purpose === 'management' && html` <span class="badge">${w.management}</span>`}`
}

function KeyActs({ row, account, again, onOpen }: Omit<KeyTableProps, 'rows'> & { row: KeyView }) {
  const w = keys()
  const toggle = async () => {
    const state = row.state === 'active' ? 'disabled' : 'active'
    await ask(api.accounts({ account }).keys({ id: row.id }).patch({ state }))
    again()
  }
  const opens = (['edit', 'rotate', 'revoke'] as const).map(
    (what) => html`
    <button key=${what} type="button" class="small" aria-label=${w.actOn(w[what], row.name)} onClick=${() =>
      onOpen({ what, row })}>${w[what]}</button>`,
  )
  const label = row.state === 'active' ? w.disable : w.enable
  return html`<div class="row">${opens}<${Act} act=${toggle} name=${w.actOn(label, row.name)}>${label}<//></div>`
}

interface KeyDialogProps extends Opened {
  account: string
  onSecret(secret: string): void
  onClose(): void
}

function KeyDialog({ what, row, account, onSecret, onClose }: KeyDialogProps) {
  const w = keys()
  const route = api.accounts({ account }).keys({ id: row.id })
  const title = w.actOn(w[what], row.name)
  if (what === 'revoke') {
    return html`<${TypedDialog} title=${title} lead=${w.revokeLead} name=${row.name} submit=${w.revoke}
      act=${() => ask(route.revoke.post())} onClose=${onClose} />`
  }
  if (what === 'edit') {
    return html`<${Dialog} title=${title} onClose=${onClose}>
      <${EditKeyForm} account=${account} row=${row} onDone=${onClose} /><//>`
  }
  const rotate = async (data: FormData) => {
    const hours = Number(data.get('overlap_hours'))
    onSecret((await ask(route.rotate.post({ overlap_hours: hours }))).secret)
  }
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <p>${w.rotateLead}</p>
    <${Form} submit=${w.rotate} onSend=${rotate}>${(form: FormState) => html`
      <${Field} form=${form} name="overlap_hours" type="select" label=${w.overlap} value="24" options=${w.overlaps} />`}<//>
  <//>`
}
