/** An account's settings: its name, when it warns, its privacy switches, webhooks, its data, and closing it. */
import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { api, ask } from '../api.ts'
import { countryOptions } from '../parts/country.ts'
import { type Changed, Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { RecentDialog, withRecent } from '../parts/recent.ts'
import { may } from '../parts/role.ts'
import { TypedDialog } from '../parts/typed.ts'
import { Webhooks } from '../parts/webhooks.ts'
import { textOf, textOrNull } from '../parts/written.ts'
import type { PageProps } from '../routes.ts'
import { refreshSession } from '../session.ts'
import { account as accountWords } from '../words/account.ts'

const readAccount = (account: string) => ask(api.accounts({ account }).get())
type AccountView = Awaited<ReturnType<typeof readAccount>>

interface PartProps {
  account: string
  facts: AccountView
}

export function AccountSettings({ account = '' }: PageProps) {
  const facts = useLoad(`account ${account}`, () => readAccount(account))
  return html`
    <h1>${accountWords().title}</h1>
    <${Load} of=${facts}>${(shown: AccountView) => html`
      ${may(account, 'manage') ? html`<${Terms} account=${account} facts=${shown} again=${facts.again} />` : html`<p>${accountWords().mayNot}</p>`}
      <${Webhooks} account=${account} />
      <${Data} account=${account} facts=${shown} />`}<//>
    <${RecentDialog} />
  `
}

function Terms({ account, facts, again }: PartProps & { again(): void }) {
  const w = accountWords()
  const told = useSignal('')
  const send = async (data: FormData, changed: Changed) => {
    const body = {
      name: textOf(data, 'name'),
      country: textOrNull(data, 'country'),
      low_balance: textOrNull(data, 'low_balance'),
      training: data.has('training'),
      body_days: Number(textOf(data, 'body_days')),
    }
    await ask(api.accounts({ account }).patch(changed(body)))
    told.value = w.saved
    again()
    await refreshSession()
  }
  return html`
    <${Form} submit=${w.save} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="name" label=${w.name} value=${facts.name} autocomplete="organization" maxlength="100" required />
      <${Field} form=${form} name="country" label=${w.country} type="select" value=${facts.country} autocomplete="country" options=${[['', w.noCountry], ...countryOptions()]} />
      <${Field} form=${form} name="low_balance" label=${w.lowBalance} hint=${w.lowBalanceHint} value=${facts.low_balance} inputmode="decimal" autocomplete="off" />
      <fieldset><legend>${w.privacy}</legend>
        <${Field} form=${form} name="body_days" type="select" label=${w.bodyDays} hint=${w.bodyDaysHint} value=${String(facts.body_days)} options=${w.bodyDayNames} />
        <${Field} form=${form} name="training" type="checkbox" label=${w.training} hint=${w.trainingHint} value=${facts.training ? 'on' : ''} />
      </fieldset>`}<//>
    <p role="status">${told.value}</p>
  `
}

function Data({ account, facts }: PartProps) {
  const w = accountWords()
  const { route } = useLocation()
  const closing = useSignal(false)
  const close = async () => {
    await withRecent(() => ask(api.accounts({ account }).close.post({ name: facts.name })))
    const { visitor } = await refreshSession()
    route(visitor === null ? '/' : '/settings')
  }
  return html`
    <h2>${w.data}</h2>
    <p class="row"><a class="button quiet" download href=${`/api/accounts/${account}/export`}>${w.export}</a>
      ${
        may(account, 'own') &&
        html`<button type="button" class="danger" onClick=${() => {
          closing.value = true
        }}>${w.close}</button>`
      }</p>
    ${
      closing.value &&
      html`<${TypedDialog} title=${w.close} lead=${w.closeLead} name=${facts.name} submit=${w.close} act=${close} onClose=${() => {
        closing.value = false
      }} />`
    }
  `
}
