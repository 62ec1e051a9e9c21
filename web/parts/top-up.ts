/**
 * Adding credit: how much, in which way, and what it costs before anyone leaves. The price is the server's; what was shown is
 * sent along, so that nobody pays another. A form that is sent again after a lost connection is the same order.
 */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { api, ask, Refusal } from '../api.ts'
import { money, usd } from '../format.ts'
import { refusalWords } from '../words/refusal.ts'
import { topUp, wayName } from '../words/top-up.ts'
import { Cost, type CostView } from './cost.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { useQuery } from './query.ts'
import { isSuspended, may } from './role.ts'

const readOptions = (account: string) => ask(api.accounts({ account })['top-ups'].options.get())
type Options = Awaited<ReturnType<typeof readOptions>>
type ProcessorView = Options['processors'][number]

export function TopUp({ account }: { account: string }) {
  const w = topUp()
  const options = useLoad(`top-up options ${account}`, () => readOptions(account))
  return html`<section aria-labelledby="top-up"><h2 id="top-up">${w.title}</h2>
    ${
      may(account, 'bill')
        ? html`<${Load} of=${options}>${(known: Options) =>
            known.processors.length === 0
              ? html`<p>${w.none}</p>`
              : html`<${Order} account=${account} options=${known} />`}<//>`
        : html`<p>${isSuspended(account) ? w.suspended : w.mayNot}</p>`
    }</section>`
}

/** Every way to pay, under one name each. */
const waysOf = ({ processors }: Options) =>
  processors.flatMap(({ name, methods }: ProcessorView) =>
    methods.map((method: string) => ({ key: `${name} ${method}`, processor: name, method })),
  )

function Order({ account, options }: { account: string; options: Options }) {
  const w = topUp()
  const { route } = useLocation()
  const { query, change } = useQuery()
  const ways = waysOf(options)
  const way = ways.find(({ key }) => key === query.way) ?? ways[0]
  const credit = query.credit ?? options.presets[1] ?? options.presets[0] ?? options.min
  const other = !options.presets.some((preset: string) => Number(preset) === Number(credit))
  const quote = useQuote(account, credit, way?.processor ?? '')
  const formId = useFormId(`${credit} ${way?.key}`)

  const send = async () => {
    if (way === undefined || quote.value === null) throw quote.cause ?? outOfRange()
    const { processor, method } = way
    const body = { credit, processor, method, once: formId.current(), total: quote.value.total }
    const order = await ask(api.accounts({ account })['top-ups'].post(body)).catch((cause) => {
      // Not known whether it came: the same form sent again is the same order.
      if (!(cause instanceof Refusal && cause.code === 'offline')) formId.renew()
      if (cause instanceof Refusal && cause.code === 'changed_meanwhile') quote.again()
      throw cause
    })
    formId.renew()
    if (order.checkout?.url) location.assign(order.checkout.url)
    else route(`/accounts/${account}/top-ups/${order.id}`)
  }

  const choose = ({ currentTarget }: Event) => {
    const { value, form } = currentTarget as HTMLInputElement
    // What was typed is another amount.
    ;(form?.elements.namedItem('credit') as HTMLInputElement).value = ''
    change({ credit: value }, true)
  }

  const submit = quote.value ? w.pay(money(quote.value.total, quote.value.currency)) : w.payPlain
  return html`<${Form} submit=${submit} onSend=${send}>${(form: FormState) => html`
    <fieldset><legend>${w.amount}</legend>
      <div class="choices">${options.presets.map(
        (
          preset: string,
        ) => html`<label key=${preset}><input type="radio" name="preset" value=${preset}
          checked=${Number(preset) === Number(credit)} onChange=${choose} /> ${usd(preset)}</label>`,
      )}</div>
      <${Field} form=${form} name="credit" label=${w.other} hint=${w.otherHint(usd(options.min), usd(options.max))}
        value=${other ? credit : ''} inputmode="decimal" autocomplete="transaction-amount" maxlength="12"
        onInput=${(text: string) => change({ credit: text.trim() }, true)} />
    </fieldset>
    <fieldset><legend>${w.way}</legend>
      <div class="choices">${ways.map(
        ({
          key,
          processor,
          method,
        }) => html`<label key=${key}><input type="radio" name="way" value=${key}
          checked=${key === way?.key} onChange=${() => change({ way: key }, true)} /> ${wayName(processor, method)}</label>`,
      )}</div>
    </fieldset>
    <div class="card" aria-live="polite"><h3>${w.cost}</h3>
      ${
        quote.value
          ? html`<${Cost} of=${quote.value} />`
          : html`<${NoQuote} cause=${quote.cause} form=${form} />`
      }
      <p><small>${way?.processor !== 'manual' && html`${w.leaving} `}<a href="#billed-to">${w.billedTo}</a></small></p></div>`}<//>`
}

/** Once it is said at the field, it is not said twice. */
function NoQuote({ cause, form }: { cause: unknown; form: FormState }) {
  if (cause === null || form.refused.value !== null) return html`<p class="soft">…</p>`
  return html`<p class="error">${refusalWords(cause)}</p>`
}

const outOfRange = () => new Refusal('invalid_amount', '', 400, 'credit')
const restMs = 250

/** What it costs, asked once the typing rests; nothing while what is shown would be another amount's. */
function useQuote(account: string, credit: string, processor: string) {
  const key = `quote ${account} ${credit} ${processor}`
  const newest = useRef(key)
  newest.current = key
  const asked = useSignal('')
  const quote = useLoad(key, async () => {
    await new Promise((resolve) => setTimeout(resolve, restMs))
    if (newest.current !== key) return null
    const ways = api.accounts({ account })['top-ups'].quote
    const cost: CostView = await ask(ways.get({ query: { credit, processor } }))
    asked.value = key
    return cost
  })
  const fits = asked.value === key
  return { value: fits ? quote.value : null, cause: fits ? null : quote.cause, again: quote.again }
}

/** An id for what is in the form: another content or another try is another order. */
function useFormId(content: string) {
  const id = useRef(crypto.randomUUID())
  const renew = () => {
    id.current = crypto.randomUUID()
  }
  useEffect(renew, [content])
  return { current: () => id.current, renew }
}
