/**
 * Recharge: what is agreed to stands beside the box that agrees, what was charged this month beside its cap, and one click
 * switches it off. Saving a card leads to the processor's page and back.
 */
import { api, ask } from '../api.ts'
import { usd } from '../format.ts'
import { recharge } from '../words/recharge.ts'
import { topUp } from '../words/top-up.ts'
import { Act } from './act.ts'
import { Time } from './figures.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { useQuery } from './query.ts'
import { isSuspended, may } from './role.ts'
import { textOf } from './written.ts'

const routeOf = (account: string) => api.accounts({ account }).recharge

/** `returned`: from the page where a card is saved, so the processor is asked whether it was. */
async function readRecharge(account: string, returned: boolean) {
  const [view, { min, max }] = await Promise.all([
    ask(returned && may(account, 'bill') ? routeOf(account).check.post() : routeOf(account).get()),
    ask(api.accounts({ account })['top-ups'].options.get()),
  ])
  return { ...view, min, max }
}
type RechargeView = Awaited<ReturnType<typeof readRecharge>>

interface Props {
  account: string
  view: RechargeView
  again(): void
}

export function Recharge({ account }: { account: string }) {
  const w = recharge()
  const { query } = useQuery()
  const returned = query.recharge === 'saved' && !query.canceled
  const loaded = useLoad(`recharge ${account} ${returned}`, () => readRecharge(account, returned))
  // Where no processor saves cards there is nothing to agree to.
  if (loaded.value?.processor === null) return null
  return html`<section aria-labelledby="recharge"><h2 id="recharge">${w.title}</h2>
    <${Load} of=${loaded}>${(view: RechargeView) => html`
      <${Standing} view=${view} />
      ${
        may(account, 'bill')
          ? html`<${Acts} account=${account} view=${view} again=${loaded.again} />`
          : !isSuspended(account) && html`<p>${w.mayNot}</p>`
      }`}<//></section>`
}

function Standing({ view }: { view: RechargeView }) {
  const w = recharge()
  const { state, threshold, credit, monthly_cap: cap, charged, failure } = view
  return html`<div class="card">
    <p><span class=${state === 'on' ? 'badge good' : 'badge'}>${w.states[state]}</span>${' '}
      ${state === 'off' ? w.lead : state === 'setup' && w.setup}</p>
    ${
      state !== 'off' &&
      threshold &&
      credit &&
      cap &&
      html`<p>${w.terms(usd(credit), usd(threshold), view.method ?? w.aCard)}</p>
        <p><label>${w.month} <progress max=${Number(cap)} value=${Number(charged)}></progress> ${w.ofCap(usd(charged), usd(cap))}</label></p>`
    }
    ${view.under_way && html`<p role="status">${w.underWay}</p>`}
    ${
      failure &&
      html`<p class="error">${w.failures[failure] ?? w.declined(failure)}
      ${view.next_at && html` ${w.next} <${Time} at=${view.next_at} />`}</p>`
    }</div>`
}

async function saveCard(account: string) {
  const { url } = await ask(routeOf(account).setup.post())
  location.assign(url)
}

function Acts({ account, view, again }: Props) {
  const w = recharge()
  const { state } = view
  const processor = processorName(view)
  const off = async () => {
    await ask(routeOf(account).delete())
    again()
  }
  const terms = html`<${Terms} account=${account} view=${view} again=${again} />`
  if (state === 'off') {
    return html`<details open=${view.failure !== null}><summary>${w.start}</summary>${terms}</details>`
  }
  return html`
    <p><${Act} look="danger" act=${off}>${w.off}<//><br /><small>${w.offHint}</small></p>
    <p><${Act} look=${state === 'on' ? 'quiet' : 'primary'} act=${() => saveCard(account)}>
      ${(state === 'on' ? w.saveOther : w.save)(processor)}<//><br /><small>${w.leaving}</small></p>
    <details><summary>${w.change}</summary>${terms}</details>`
}

function Terms({ account, view, again }: Props) {
  const w = recharge()
  const isOn = view.state === 'on'
  const agree = async (data: FormData) => {
    const { state } = await ask(
      routeOf(account).put({
        ...{ threshold: textOf(data, 'threshold'), credit: textOf(data, 'credit') },
        ...{ monthly_cap: textOf(data, 'monthly_cap'), agree: data.has('agree') },
      }),
    )
    if (state === 'on') again()
    else await saveCard(account)
  }
  const { threshold, credit, monthly_cap: cap, min, max } = view
  const shared = { inputmode: 'decimal', autocomplete: 'off', required: true }
  return html`<${Form} submit=${isOn ? w.agreeAnew : w.agreeAndSave(processorName(view))} onSend=${agree}>
    ${(form: FormState) => html`
      <${Field} form=${form} name="threshold" label=${w.threshold} hint=${w.thresholdHint} value=${threshold ?? '5.00'} ...${shared} />
      <${Field} form=${form} name="credit" label=${w.credit} hint=${w.creditHint(usd(min), usd(max))} value=${credit ?? '25.00'} ...${shared} />
      <${Field} form=${form} name="monthly_cap" label=${w.cap} hint=${w.capHint} value=${cap ?? '100.00'} ...${shared} />
      <${Field} form=${form} name="agree" type="checkbox" label=${w.agree} required />`}<//>`
}

const processorName = ({ processor }: RechargeView) =>
  topUp().processors[processor ?? ''] ?? processor ?? ''
