/** What providers say and charge against what we reckon, and typing in what their invoices have. */
import { api, ask } from '../api.ts'
import { count, difference, usd } from '../format.ts'
import { adminReports } from '../words/admin-reports.ts'
import { mayAdmin } from './admin.ts'
import { Dialog } from './dialog.ts'
import { Time, Usd } from './figures.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { useSome } from './more.ts'
import { useQuery } from './query.ts'
import { withRecent } from './recent.ts'
import { Table } from './table.ts'
import { textOf, textOrNull } from './written.ts'

const routes = api.admin.reports.providers
const readCosts = () => ask(routes.get())
type Row = Awaited<ReturnType<typeof readCosts>>['data'][number]

/** Percent that nobody need look into. */
const usual = 1

function Difference({ of }: { of: string | null }) {
  return (
    of !== null &&
    html`<span class=${Math.abs(Number(of)) > usual ? 'error' : ''}>${difference(of)}</span>`
  )
}

/** What a provider says its calls cost; under it what we reckon of them, and how far that is. */
export function Said({ cost }: { cost: Pick<Row, 'reported' | 'reckoned' | 'difference'> }) {
  const w = adminReports()
  if (cost.reckoned === null) return html`<small>${w.notReported}</small>`
  return html`<${Usd} amount=${cost.reported} /><br />
    <small>${w.ours(usd(cost.reckoned))}<br /><${Difference} of=${cost.difference} /></small>`
}

export function ProvidersReport() {
  const w = adminReports()
  const loaded = useLoad('provider costs', readCosts)
  return html`<${Load} of=${loaded}>${({ data }: { data: Row[] }) =>
    data.length === 0
      ? html`<p class="state">${w.empty}</p>`
      : html`<${Costs} rows=${data} again=${loaded.again} />`}<//>`
}

const keyOf = ({ month, channel }: Row) => `${month} ${channel}`

function Costs({ rows, again }: { rows: readonly Row[]; again(): void }) {
  const w = adminReports()
  const { columns: c } = w
  const { query, change } = useQuery()
  const { some, more } = useSome(rows)
  const may = mayAdmin('money')
  const opened = rows.find((row) => keyOf(row) === query.invoice)
  const numbers = ['calls', 'buy_cost', 'reported', 'invoice'] as const
  const head = [c.month, c.channel, ...numbers.map((name) => ({ number: c[name] }))]
  const button = (row: Row) => {
    const label = row.invoice === null ? w.enter : w.correct
    return html`<button type="button" class="small" aria-label=${`${label}: ${keyOf(row)}`} onClick=${() => change({ invoice: keyOf(row) })}>${label}</button>`
  }
  return html`<${Table} label=${w.reports.providers} head=${may ? [...head, c.act] : head}>${some.map(
    (row) => html`<tr key=${keyOf(row)}><td>${row.month}</td><td>${row.channel}</td>
      <td class="number">${count(row.calls)}</td>
      <td class="number"><${Usd} amount=${row.buy_cost} /></td>
      <td class="number"><${Said} cost=${row} /></td>
      <td class="number"><${Usd} amount=${row.invoice} /><br /><small><${Difference} of=${row.invoice_difference} /></small></td>
      ${may && html`<td>${button(row)}</td>`}</tr>`,
  )}<//>${more}
  ${opened && may && html`<${InvoiceDialog} row=${opened} onClose=${() => change({ invoice: null })} again=${again} />`}`
}

interface InvoiceProps {
  row: Row
  onClose(): void
  again(): void
}

function InvoiceDialog({ row, onClose, again }: InvoiceProps) {
  const w = adminReports()
  const { month, channel, revision, invoice, history } = row
  const send = async (data: FormData) => {
    const written = { amount: textOrNull(data, 'amount'), reason: textOf(data, 'reason') }
    await withRecent(() => ask(routes.invoices.post({ month, channel, revision, ...written })))
    again()
    onClose()
  }
  return html`<${Dialog} title=${w.invoiceOf(channel, month)} onClose=${onClose}>
    <p>${w.invoiceLead}</p>
    <${Form} submit=${w.save} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="amount" label=${w.amount} hint=${revision > 0 && w.amountHint} value=${invoice} inputmode="decimal" autocomplete="off" maxlength="40" required=${revision === 0} />
      <${Field} form=${form} name="reason" label=${w.reason} autocomplete="off" maxlength="1000" required />`}<//>
    ${
      history.length > 0 &&
      html`<h3>${w.history}</h3><ul>${history.map(
        ({ amount, reason, at }) =>
          html`<li key=${at}><${Time} at=${at} />: ${amount === null ? w.withdrawn : html`<${Usd} amount=${amount} />`} · ${reason}</li>`,
      )}</ul>`
    }<//>`
}
