/** When an account is warned of its balance, and a try whether the warning arrives. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { usd } from '../format.ts'
import { notices } from '../words/notices.ts'
import { Act } from './act.ts'
import { html } from './html.ts'
import { may } from './role.ts'

interface AlertsProps {
  account: string
  /** USD; null for none. */
  threshold: string | null
}

export function Alerts({ account, threshold }: AlertsProps) {
  const w = notices()
  const told = useSignal('')
  const test = async () => {
    told.value = ''
    const sent = await ask(api.accounts({ account }).notices.test.post())
    told.value = notices().tested(sent?.mails ?? 0, sent?.webhooks ?? 0)
  }
  return html`<details><summary><h2>${w.alerts}</h2></summary><p>${w.alertsLead}</p>
    <p>${threshold === null ? w.noThreshold : w.threshold(usd(threshold))}</p>
    <ul>${may(account, 'manage') && html`<li><a href=${`/accounts/${account}/settings`}>${w.change}</a></li>`}
      <li><a href="/settings#notices">${w.choose}</a></li></ul>
    ${may(account, 'bill') && html`<p class="row"><${Act} act=${test}>${w.test}<//></p>`}
    <p role="status">${told.value}</p></details>`
}
