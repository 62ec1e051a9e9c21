/** One account as the operator sees it, and what may be done to it: each act says first what it does. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { count, usd } from '../format.ts'
import { type AccountAct, AccountActDialog } from '../parts/account-act.ts'
import { AccountState } from '../parts/account-state.ts'
import { AccountTables } from '../parts/account-tables.ts'
import { mayAdmin } from '../parts/admin.ts'
import { countryName } from '../parts/country.ts'
import { Time, Usd } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { withQuery } from '../parts/query.ts'
import { RecentDialog } from '../parts/recent.ts'
import type { PageProps } from '../routes.ts'
import { adminAccounts } from '../words/admin-accounts.ts'

export const readAccount = (account: string) => ask(api.admin.accounts({ account }).get())
export type AccountView = Awaited<ReturnType<typeof readAccount>>

export function AdminAccount({ account = '' }: PageProps) {
  const one = useLoad(`account ${account}`, () => readAccount(account))
  const act = useSignal<AccountAct | null>(null)
  const said = useSignal('')
  const close = (words: string | null) => {
    act.value = null
    if (words === null) return
    said.value = words
    one.again()
  }
  return html`<${Load} of=${one}>${(view: AccountView) => html`
    <h1>${view.name} <${AccountState} state=${view.state} /></h1>
    <p role="status">${said.value}</p>
    <${Acts} view=${view} onChoose=${(chosen: AccountAct) => {
      act.value = chosen
    }} />
    <${Facts} view=${view} />
    <${AccountTables} view=${view} />
    ${act.value && html`<${AccountActDialog} act=${act.value} view=${view} onClose=${close} />`}`}<//>
    <${RecentDialog} />`
}

function Acts({ view, onChoose }: { view: AccountView; onChoose(act: AccountAct): void }) {
  const w = adminAccounts()
  const { state } = view
  const offered: [AccountAct, boolean][] = [
    ['adjust', mayAdmin('money')],
    ['tier', mayAdmin('people') && state !== 'closed'],
    ['suspend', mayAdmin('people') && state === 'active'],
    ['reinstate', mayAdmin('people') && state === 'suspended'],
    ['terminate', mayAdmin('run') && state !== 'closed'],
  ]
  const names = { ...w, tier: w.changeTier }
  return html`<div class="row">${offered
    .filter(([, may]) => may)
    .map(
      ([act]) => html`<button key=${act} type="button" class=${act === 'terminate' ? 'danger' : ''}
      onClick=${() => onChoose(act)}>${names[act]}</button>`,
    )}
    <a class="button quiet" href=${withQuery('/admin/investigations', { account: view.id })}>${w.investigate}</a>
    <a class="button quiet" href=${withQuery('/admin/audit', { account: view.id })}>${w.audit}</a></div>`
}

function Facts({ view }: { view: AccountView }) {
  const w = adminAccounts()
  const shown = (limit: number | null) => (limit === null ? w.unlimited : count(limit))
  const { restrictions } = view
  const { rpm = null, tpm = null, concurrent = null } = view.limits ?? {}
  const isLimited = (rpm ?? tpm ?? concurrent) !== null
  const why = restrictions
    .map((one: keyof typeof w.restrictionKinds) => w.restrictionKinds[one])
    .join(', ')
  const facts: [string, unknown][] = [
    [w.account, html`<code>${view.id}</code> · ${w.kinds[view.kind]}`],
    [
      w.balance,
      html`<${Usd} amount=${view.balance} />${Number(view.held) > 0 && `, ${w.held(usd(view.held))}`}`,
    ],
    [w.restrictions, why || w.unrestricted],
    ...(view.state_reason === null ? [] : [[w.reason, view.state_reason] as [string, unknown]]),
    [
      w.tier,
      `${view.tier}: ${isLimited ? w.limits(shown(rpm), shown(tpm), shown(concurrent)) : w.unlimited}`,
    ],
    ...(view.email === null ? [] : [[w.email, view.email] as [string, unknown]]),
    [w.country, view.country === null ? '–' : countryName(view.country)],
    [w.created, html`<${Time} at=${view.created_at} />`],
    ...(view.closed_at === null
      ? []
      : [[w.closed, html`<${Time} at=${view.closed_at} />`] as [string, unknown]]),
  ]
  return html`<h2>${w.facts}</h2>
    <dl>${facts.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl>`
}
