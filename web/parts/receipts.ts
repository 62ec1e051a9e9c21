/** Receipts and credit notes of an account, the newest first; nothing before there is one. */
import { api, ask } from '../api.ts'
import { money } from '../format.ts'
import { receipt } from '../words/receipt.ts'
import { Day } from './figures.ts'
import { html } from './html.ts'
import { Load } from './load.ts'
import { usePieces } from './more.ts'
import { Table } from './table.ts'

const readReceipts = (account: string, after: string | null) =>
  ask(api.accounts({ account }).receipts.get({ query: { limit: 5, ...(after && { after }) } }))
type Row = Awaited<ReturnType<typeof readReceipts>>['data'][number]

export function Receipts({ account }: { account: string }) {
  const w = receipt()
  const { first, rows, more } = usePieces(`receipts ${account}`, (after) =>
    readReceipts(account, after),
  )
  return html`<${Load} of=${first}>${() =>
    rows.length > 0 &&
    html`<details><summary>${w.list}</summary>
      <${Table} label=${w.list} head=${[w.number, w.date, { number: w.total }, w.invoice]}>
      ${rows.map(
        (row: Row) => html`<tr key=${row.number}>
        <td><a href=${`/accounts/${account}/receipts/${row.number}`}>${w.kinds[row.kind]} ${row.number}</a></td>
        <td><${Day} at=${row.created_at} /></td>
        <td class="number">${row.kind === 'credit_note' && '−'}${money(row.total, row.currency)}</td>
        <td>${row.invoice ?? w.none}</td></tr>`,
      )}<//>${more}</details>`}<//>`
}
