/** One order, seen live: where it stands, how to pay it, and that the credit has come. It is the page that a checkout returns to. */
import { useEffect } from 'preact/hooks'
import { api, ask } from '../api.ts'
import { usd } from '../format.ts'
import { Act } from '../parts/act.ts'
import { CopyButton } from '../parts/copy.ts'
import { Cost } from '../parts/cost.ts'
import { Time } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { isMismatch, TopUpState } from '../parts/payments.ts'
import { withQuery } from '../parts/query.ts'
import { OrderRefunds } from '../parts/refund.ts'
import { may } from '../parts/role.ts'
import type { PageProps } from '../routes.ts'
import { topUp, wayName } from '../words/top-up.ts'

const orderOf = (account: string, id: string) => api.accounts({ account })['top-ups']({ id })
const readOrder = (account: string, id: string) => ask(orderOf(account, id).get())
type OrderView = Awaited<ReturnType<typeof readOrder>>

const everyMs = 2_000

export function TopUpPage({ account = '', id = '' }: PageProps) {
  const w = topUp()
  // An open order is asked of its processor; one that waits for money for days is told by it.
  const order = useLoad(`top-up ${id}`, async () => {
    const shown = await readOrder(account, id)
    if (shown.state !== 'open' || !may(account, 'bill')) return shown
    return ask(orderOf(account, id).check.post()).catch(() => shown)
  })
  const waits = order.value?.state === 'open' || order.value?.state === 'pending'
  useEffect(() => {
    if (!waits) return
    const timer = setInterval(() => {
      if (!document.hidden) order.again()
    }, everyMs)
    return () => clearInterval(timer)
  }, [waits])
  return html`
    <p><a href=${`/accounts/${account}/billing`}>← ${w.back}</a></p>
    <h1>${w.order}</h1>
    <${Load} of=${order}>${(row: OrderView) => html`<${Order} account=${account} row=${row} again=${order.again} />`}<//>`
}

interface OrderProps {
  account: string
  row: OrderView
  again(): void
}

function Order({ account, row, again }: OrderProps) {
  const w = topUp()
  const strange = isMismatch(row)
  const check = async () => {
    await orderOf(account, row.id).check.post()
    again()
  }
  return html`<div class="card">
    <div role="status"><p><${TopUpState} of=${row} /></p>
      ${(!strange || row.state === 'paid') && html`<p>${explain(row)}</p>`}
      ${row.disputes.map(({ state, amount }) => html`<p class=${state === 'won' ? '' : 'error'}>${w.disputed[state](usd(amount))}</p>`)}
      ${strange && html`<p class="error">${w.unreconciled}</p>`}</div>
    ${row.pay_at !== null && row.state === 'pending' && html`<${PayAt} facts=${row.pay_at} />`}
    <p class="row">
      ${row.state === 'open' && !strange && row.checkout?.url && may(account, 'bill') && html`<a class="button" href=${row.checkout.url} target="_top">${w.goOn}</a>`}
      ${row.state === 'pending' && may(account, 'bill') && html`<${Act} act=${check} look="">${w.ask}<//>`}
      ${(row.state === 'failed' || row.state === 'expired') && html`<a class="button" href=${withQuery(`/accounts/${account}/billing`, { credit: row.credit })}>${w.again}</a>`}
      ${row.receipt !== null && html`<a class="button" href=${`/accounts/${account}/receipts/${row.receipt}`}>${w.receipt}</a>`}
    </p></div>
    <h2>${w.cost}</h2><${Cost} of=${row} />
    <p><small>${wayName(row.processor, row.method)} · <${Time} at=${row.created_at} />
      ${row.state === 'open' && !isMismatch(row) && html` · ${w.until} <${Time} at=${row.expires_at} />`}</small></p>
    ${row.state === 'paid' && html`<${OrderRefunds} account=${account} order=${row.id} />`}`
}

function explain({ state, credit, pay_at: payAt }: OrderView): string {
  const w = topUp()
  if (state === 'paid') return w.credited(usd(credit))
  return state === 'pending' && payAt !== null ? w.toPay : (w.explained[state] ?? '')
}

/** What is typed elsewhere. */
const copied = new Set(['bank', 'account', 'code', 'reference'])

/** Where and until when it can be paid, for what is paid elsewhere: each to take along. */
function PayAt({ facts }: { facts: Record<string, string> }) {
  const w = topUp()
  return html`<h2>${w.payAt}</h2><dl>${Object.entries(facts).map(([name, value]) => {
    const label = w.facts[name] ?? name
    return html`<dt key=${name}>${label}</dt><dd>${copied.has(name) ? html`<code>${value}</code> <${CopyButton} text=${value} of=${label} />` : value}</dd>`
  })}</dl>`
}
