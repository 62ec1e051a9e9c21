/** Investigations [T4.4]: opened with a reason and an end, looked into, ended. */
import { api, ask } from '../api.ts'
import { Act } from '../parts/act.ts'
import { mayAdmin } from '../parts/admin.ts'
import { Dialog } from '../parts/dialog.ts'
import { Time } from '../parts/figures.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { KeptDialog } from '../parts/kept.ts'
import { Load } from '../parts/load.ts'
import { usePieces } from '../parts/more.ts'
import { useQuery } from '../parts/query.ts'
import { Table } from '../parts/table.ts'
import { textOf, textOrNull, timeOrNull } from '../parts/written.ts'
import { adminInvestigations } from '../words/admin-audit.ts'

const route = api.admin.investigations
const readAll = (account: string | undefined, after: string | null) =>
  ask(route.get({ query: { ...(account && { account }), ...(after && { after }) } }))
type Row = Awaited<ReturnType<typeof readAll>>['data'][number]

export function AdminInvestigations() {
  const w = adminInvestigations()
  const { query, change } = useQuery()
  const { account } = query
  const { first, rows, more } = usePieces(`investigations ${account}`, (after) =>
    readAll(account, after),
  )
  const may = mayAdmin('investigate')
  const opened = () => {
    change({ new: null })
    first.again()
  }
  return html`
    <div class="row between"><h1>${w.title}</h1>${
      may &&
      html`<button type="button" class="primary" onClick=${() => change({ new: '1' })}>${w.open}</button>`
    }</div>
    <p>${w.lead}</p>
    ${account && html`<p>${w.of(rows[0]?.account.name ?? account)} <a href="/admin/investigations">${w.all}</a></p>`}
    <${Load} of=${first}>${() =>
      rows.length === 0
        ? html`<p class="state">${w.empty}</p>`
        : html`<${List} rows=${rows} again=${first.again} onLook=${(id: string) => change({ look: id })} />${more}`}<//>
    ${query.new && html`<${Dialog} title=${w.open} onClose=${() => change({ new: null })}><${Open} account=${account} onOpened=${opened} /><//>`}
    ${query.look && html`<${KeptDialog} investigation=${query.look} onClose=${() => change({ look: null })} />`}`
}

interface ListProps {
  rows: Row[]
  again(): void
  onLook(id: string): void
}

function List({ rows, again, onLook }: ListProps) {
  const w = adminInvestigations()
  const may = mayAdmin('investigate')
  const head = [w.account, w.scope, w.reason, w.opened, w.ends, w.state]
  const end = async (investigation: string) => {
    await ask(route({ investigation }).end.post())
    again()
  }
  const row = ({ id, account, key, state, ...one }: Row) => html`<tr key=${id}>
    <th scope="row"><a href=${`/admin/accounts/${account.id}`}>${account.name}</a></th>
    <td>${key === null ? w.wholeAccount : html`<code>${key.label}</code>`}</td><td>${one.reason}</td>
    <td><${Time} at=${one.opened_at} /></td>
    <td><${Time} at=${one.ended_at ?? one.ends_at} />${one.ended_by === 'time' && html`<br /><small>${w.byTime}</small>`}</td>
    <td><span class=${state === 'open' ? 'badge good' : 'badge'}>${w.states[state]}</span></td>
    ${
      may &&
      html`<td>${
        state === 'open' &&
        html`<div class="row"><button type="button" class="small" aria-label=${w.lookOf(account.name)} onClick=${() => onLook(id)}>${w.look}</button>
      <${Act} act=${() => end(id)} name=${w.endOf(account.name)} confirm=${w.endSure}>${w.end}<//></div>`
      }</td>`
    }</tr>`
  return html`<${Table} label=${w.title} head=${may ? [...head, w.acts] : head}>${rows.map(row)}<//>`
}

function Open({ account, onOpened }: { account: string | undefined; onOpened(): void }) {
  const w = adminInvestigations()
  const send = async (data: FormData) => {
    const body = {
      ...{ account: textOf(data, 'account'), key: textOrNull(data, 'key') },
      ...{ reason: textOf(data, 'reason'), ends_at: timeOrNull(data, 'ends_at') ?? '' },
    }
    await ask(route.post(body))
    onOpened()
  }
  return html`<p>${w.openLead}</p>
    <${Form} submit=${w.open} danger onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="account" label=${w.accountId} value=${account} maxlength="64" autocomplete="off" spellcheck=${false} required />
      <${Field} form=${form} name="key" label=${w.key} hint=${w.keyHint} maxlength="64" autocomplete="off" spellcheck=${false} />
      <${Field} form=${form} name="reason" type="textarea" label=${w.reason} maxlength="1000" required />
      <${Field} form=${form} name="ends_at" type="datetime-local" label=${w.ends} hint=${w.endsHint} autocomplete="off" required />`}<//>`
}
