/** What is left, how to add to it, what was paid and printed, every month's statement; then what is set once. */
import { useSignal } from '@preact/signals'
import { usd } from '../format.ts'
import { Alerts } from '../parts/alerts.ts'
import { Buyer } from '../parts/buyer.ts'
import { Usd } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { Lots } from '../parts/lots.ts'
import { type OverviewFacts, readOverview } from '../parts/overview-facts.ts'
import { Payments } from '../parts/payments.ts'
import { Receipts } from '../parts/receipts.ts'
import { Recharge } from '../parts/recharge.ts'
import { isSuspended } from '../parts/role.ts'
import { Statement } from '../parts/statement.ts'
import { Suspended } from '../parts/suspended.ts'
import { TopUp } from '../parts/top-up.ts'
import type { PageProps } from '../routes.ts'
import { billing } from '../words/billing.ts'

export function Billing({ account = '' }: PageProps) {
  const w = billing()
  /** Counts what was done here that is on the statement: it is read anew. */
  const moved = useSignal(0)
  const facts = useLoad(`overview ${account}`, () => readOverview(account))
  return html`
    <h1>${w.title}</h1>
    ${isSuspended(account) && html`<${Suspended} account=${account} />`}
    <${Load} of=${facts}>${({ balance, held }: OverviewFacts) => html`
      <div class="cards"><section class="card"><h2>${w.balance}</h2><p class="big"><${Usd} amount=${balance} /></p>
        ${Number(balance) < 0 && html`<p class="error">${w.debt}</p>`}
        ${Number(held) > 0 && html`<small>${w.held(usd(held))}</small>`}</section></div>`}<//>
    <${TopUp} account=${account} />
    <${Lots} account=${account} again=${() => {
      facts.again()
      moved.value++
    }} />
    <${Recharge} account=${account} />
    <${Payments} account=${account} />
    <${Receipts} account=${account} />
    <${Statement} key=${moved.value} account=${account} />
    <${Buyer} account=${account} />
    <${Load} of=${facts}>${({ low_balance }: OverviewFacts) => html`<${Alerts} account=${account} threshold=${low_balance} />`}<//>
  `
}
