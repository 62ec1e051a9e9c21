/** Accounts as the operator finds them: by what is at hand, by how long nobody was there, by signs of abuse [T4.2, T8.2]. */
import { api, ask } from '../api.ts'
import { AccountState } from '../parts/account-state.ts'
import { Time, Usd } from '../parts/figures.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { usePieces } from '../parts/more.ts'
import { useQuery } from '../parts/query.ts'
import { Search } from '../parts/search.ts'
import { Table } from '../parts/table.ts'
import { adminAccounts } from '../words/admin-accounts.ts'

const route = api.admin.accounts
const views = ['all', 'inactive', 'signs'] as const
const states = ['active', 'suspended', 'closed'] as const
type State = (typeof states)[number]

export function AdminAccounts() {
  const w = adminAccounts()
  const { query, change } = useQuery()
  const view = views.find((one) => one === query.view) ?? 'all'
  const choose = (event: Event) => {
    const { value } = event.target as HTMLSelectElement
    change({ view: value === 'all' ? null : value, q: null, state: null })
  }
  const shown = { all: Found, inactive: Inactive, signs: Signs }[view]
  return html`
    <h1>${w.title}</h1>
    <p><label>${w.view} <select value=${view} onChange=${choose}>
      ${views.map((one) => html`<option key=${one} value=${one}>${w.views[one]}</option>`)}</select></label></p>
    <${shown} key=${view} />`
}

const linkTo = ({ id, name }: { id: string; name: string }) =>
  html`<a href=${`/admin/accounts/${id}`}>${name}</a>`

const readFound = (q: string, state: State | undefined, after: string | null) =>
  ask(route.get({ query: { ...(q && { q }), ...(state && { state }), ...(after && { after }) } }))
type FoundRow = Awaited<ReturnType<typeof readFound>>['data'][number]

function Found() {
  const w = adminAccounts()
  const { query, change } = useQuery()
  const { q = '' } = query
  const state = states.find((one) => one === query.state)
  const { first, rows, more } = usePieces(`accounts ${q} ${state}`, (after) =>
    readFound(q, state, after),
  )
  const head = [w.account, w.email, w.state, w.tier, { number: w.balance }, w.created]
  const row = ({ id, name, email, state, tier, balance, created_at }: FoundRow) => html`
    <tr key=${id}><th scope="row">${linkTo({ id, name })}<br /><small>${id}</small></th><td>${email ?? '–'}</td>
      <td><${AccountState} state=${state} /></td><td>${tier}</td>
      <td class="number"><${Usd} amount=${balance} /></td><td><${Time} at=${created_at} /></td></tr>`
  const filter = (event: Event) => change({ state: (event.target as HTMLSelectElement).value })
  return html`
    <${Search} name="q" label=${w.search} hint=${w.searchHint} />
    <p><label>${w.state} <select value=${state ?? ''} onChange=${filter}><option value="">${w.views.all}</option>
      ${states.map((one) => html`<option key=${one} value=${one}>${w.states[one]}</option>`)}</select></label></p>
    <${Load} of=${first}>${() =>
      rows.length === 0
        ? html`<p class="state">${w.empty}</p>`
        : html`<${Table} label=${w.title} head=${head}>${rows.map(row)}<//>${more}`}<//>`
}

const readInactive = (months: number, after: string | null) =>
  ask(route.inactive.get({ query: { months, ...(after && { after }) } }))
type InactiveRow = Awaited<ReturnType<typeof readInactive>>['data'][number]

function Inactive() {
  const w = adminAccounts()
  const { query, change } = useQuery()
  const months = Number(query.months ?? 6)
  const { first, rows, more } = usePieces(`inactive ${months}`, (after) =>
    readInactive(months, after),
  )
  const head = [w.account, w.state, { number: w.balance }, w.created, w.lastCall, w.lastLogin]
  const row = (one: InactiveRow) => html`<tr key=${one.id}>
    <th scope="row">${linkTo(one)}</th><td><${AccountState} state=${one.state} /></td>
    <td class="number"><${Usd} amount=${one.balance} /></td><td><${Time} at=${one.created_at} /></td>
    <td><${Time} at=${one.last_call_at} /></td><td><${Time} at=${one.last_login_at} /></td></tr>`
  const choose = (event: Event) => change({ months: (event.target as HTMLSelectElement).value })
  return html`<p>${w.inactiveLead}</p>
    <p><label>${w.months} <select value=${months} onChange=${choose}>
      ${[1, 3, 6, 12, 24].map((one) => html`<option key=${one} value=${one}>${one}</option>`)}</select></label></p>
    <${Load} of=${first}>${() =>
      rows.length === 0
        ? html`<p class="state">${w.inactiveEmpty}</p>`
        : html`<${Table} label=${w.views.inactive} head=${head}>${rows.map(row)}<//>${more}`}<//>`
}

const readSigns = () => ask(route.signs.get())
type Signs = Awaited<ReturnType<typeof readSigns>>

function Signs() {
  const w = adminAccounts()
  const signs = useLoad('signs', readSigns)
  const row = ({ kind, count, accounts }: Signs['data'][number]) => html`
    <tr key=${kind + accounts.map(({ id }: { id: string }) => id).join()}><th scope="row">${w.signKinds[kind](count)}</th>
      <td>${accounts.map((one) => html`<div key=${one.id}>${linkTo(one)} <${AccountState} state=${one.state} /></div>`)}</td></tr>`
  return html`<p>${w.signsLead}</p>
    <${Load} of=${signs}>${({ data }: Signs) =>
      data.length === 0
        ? html`<p class="state">${w.signsEmpty}</p>`
        : html`<${Table} label=${w.views.signs} head=${[w.sign, w.accounts]}>${data.map(row)}<//>`}<//>`
}
