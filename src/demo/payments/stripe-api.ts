/** The simulated Stripe's API, below /v1: as strict as the real one about what it knows, ignorant of all that we never ask. */
import type { JsonObject } from '../../base/json.ts'
import { addIntent, chargeOf, expire, payBack, refuse, sessionOf, succeed } from './stripe-acts.ts'
import {
  type Form,
  missing,
  needCount,
  needText,
  partOf,
  refuseForm,
  StripeRefusal,
  textOf,
  textsOf,
} from './stripe-form.ts'
import {
  add,
  all,
  expand,
  find,
  type Intent,
  type Method,
  type Session,
  type Setup,
  type Shop,
  type Thing,
} from './stripe-shop.ts'
import { calculate, recordSale, reverseSale } from './stripe-tax.ts'

type Handler = (shop: Shop, form: Form, id: string) => object

/** A route, the parameters it knows (any other is refused, as by the real one), and what answers. */
type Route = readonly [method: string, path: RegExp, takes: string, answer: Handler]

const paging = 'limit starting_after ending_before created'

const routes: readonly Route[] = [
  [
    'POST',
    /^checkout\/sessions$/,
    'mode client_reference_id customer customer_email locale success_url cancel_url expires_at line_items metadata payment_intent_data payment_method_types',
    makeSession,
  ],
  ['GET', /^checkout\/sessions$/, `${paging} payment_intent status`, listOf('checkout.session')],
  ['GET', /^checkout\/sessions\/(\w+)$/, '', readSession],
  ['POST', /^checkout\/sessions\/(\w+)\/expire$/, '', expireSession],
  [
    'POST',
    /^payment_intents$/,
    'amount currency customer payment_method payment_method_types off_session confirm description metadata',
    makeIntent,
  ],
  ['GET', /^payment_intents$/, `${paging} customer`, listOf('payment_intent')],
  ['GET', /^payment_intents\/(\w+)$/, '', read('payment_intent')],
  ['GET', /^charges$/, `${paging} payment_intent`, listOf('charge')],
  ['GET', /^charges\/(\w+)$/, '', read('charge')],
  ['POST', /^refunds$/, 'payment_intent charge amount reason metadata', makeRefund],
  ['GET', /^refunds$/, `${paging} payment_intent charge`, listOf('refund')],
  ['GET', /^refunds\/(\w+)$/, '', read('refund')],
  ['GET', /^disputes$/, `${paging} payment_intent charge`, listOf('dispute')],
  ['GET', /^disputes\/(\w+)$/, '', read('dispute')],
  ['POST', /^customers$/, 'email name metadata', makeCustomer],
  ['GET', /^customers\/(\w+)$/, '', read('customer')],
  ['GET', /^setup_intents\/(\w+)$/, '', read('setup_intent')],
  ['GET', /^payment_methods\/(\w+)$/, '', read('payment_method')],
  ['POST', /^payment_methods\/(\w+)\/detach$/, '', detach],
  ['GET', /^balance_transactions\/(\w+)$/, '', read('balance_transaction')],
  ['POST', /^tax\/calculations$/, 'currency line_items customer_details', calculate],
  [
    'POST',
    /^tax\/transactions\/create_from_calculation$/,
    'calculation reference metadata',
    recordSale,
  ],
  [
    'POST',
    /^tax\/transactions\/create_reversal$/,
    'mode original_transaction reference flat_amount metadata',
    reverseSale,
  ],
  ['GET', /^tax\/transactions\/(\w+)$/, '', read('tax.transaction')],
  ['GET', /^events$/, `${paging} types type`, listOf('event')],
  ['GET', /^events\/(\w+)$/, '', read('event')],
]

/** `path` is what stands after /v1/. Throws `StripeRefusal`. */
export function answerApi(shop: Shop, method: string, path: string, form: Form): JsonObject {
  for (const [verb, pattern, takes, answer] of routes) {
    const match = verb === method ? pattern.exec(path) : null
    if (!match) continue
    const known = ['expand', ...takes.split(' ')]
    const strange = Object.keys(form).find((name) => !known.includes(name))
    if (strange !== undefined)
      throw refuseForm(`Received unknown parameter: ${strange}`, strange, 'parameter_unknown')
    return expand(shop, answer(shop, form, match[1] ?? ''), Object.values(textsOf(form, 'expand')))
  }
  const message = `Unrecognized request URL (${method}: /v1/${path}).`
  throw new StripeRefusal(404, { type: 'invalid_request_error', message })
}

function read(object: string): Handler {
  return (shop, _, id) => need(shop, object, id)
}

function need<T extends Thing>(shop: Shop, object: T['object'], id: string): T {
  const thing = find<T>(shop, object, id)
  if (!thing) throw missing(object, id)
  return thing
}

/** Newest first, by pages, filtered by what the objects say of themselves. */
function listOf(object: string): Handler {
  return (shop, form) => {
    const types = Object.values(textsOf(form, 'types'))
    const { gte = '0', lte = 'Infinity' } = textsOf(form, 'created')
    const filters = ['payment_intent', 'charge', 'customer', 'status', 'type']
    const asked = filters.map((name) => [name, textOf(form, name)] as const)
    const found = all(shop, object).filter((thing) => {
      const fields = thing as unknown as Record<string, unknown>
      if (thing.created < Number(gte) || thing.created > Number(lte)) return false
      if (types.length > 0 && !types.includes(String(fields.type))) return false
      return asked.every(([name, value]) => value === null || fields[name] === value)
    })
    const after = textOf(form, 'starting_after')
    const from = after === null ? 0 : found.findIndex(({ id }) => id === after) + 1
    if (after !== null && from === 0) throw missing(object, after)
    const limit = Number(textOf(form, 'limit') ?? 10)
    if (!(limit >= 1 && limit <= 100)) throw refuseForm('Invalid limit: 1 to 100.', 'limit')
    const data = found.slice(from, from + limit)
    return { object: 'list', url: '/v1', has_more: from + limit < found.length, data }
  }
}

function makeSession(shop: Shop, form: Form): Session {
  const mode = needText(form, 'mode')
  if (mode !== 'payment' && mode !== 'setup') throw refuseForm('Invalid mode', 'mode')
  const priced = mode === 'payment' ? readPrice(form) : null
  const customer = textOf(form, 'customer')
  if (customer !== null) need(shop, 'customer', customer)
  const setup = mode === 'setup' ? makeSetup(shop, customer) : null
  const session = add<Session>(shop, shop.live ? 'cs_live_' : 'cs_test_', {
    ...{ object: 'checkout.session', mode, status: 'open', customer },
    payment_status: mode === 'setup' ? 'no_payment_required' : 'unpaid',
    ...{ amount_subtotal: priced?.amount ?? null, amount_total: priced?.amount ?? null },
    ...{ currency: priced?.currency ?? null, expires_at: readExpiry(shop, form) },
    ...{ customer_email: textOf(form, 'customer_email'), locale: textOf(form, 'locale') },
    ...{ client_reference_id: textOf(form, 'client_reference_id'), url: null },
    ...{ payment_intent: null, setup_intent: setup?.id ?? null },
    ...{ success_url: needUrl(form, 'success_url'), cancel_url: needUrl(form, 'cancel_url') },
    metadata: textsOf(form, 'metadata'),
  })
  const promised = partOf(form, 'payment_intent_data')
  const description = textOf(promised, 'description')
  shop.promised.set(session.id, { description, metadata: textsOf(promised, 'metadata') })
  session.url = `${shop.url()}/c/pay/${session.id}`
  return session
}

function readPrice(form: Form): { amount: number; currency: string } {
  const items = Object.values(partOf(form, 'line_items'))
  const [item] = items
  if (items.length !== 1 || typeof item !== 'object')
    throw refuseForm('You must provide one line item.', 'line_items', 'parameter_missing')
  const price = partOf(item, 'price_data')
  needText(partOf(price, 'product_data'), 'name')
  const amount = needCount(price, 'unit_amount') * needCount(item, 'quantity')
  return { amount, currency: needCurrency(price, amount) }
}

function needCurrency(form: Form, amount: number): string {
  const currency = needText(form, 'currency')
  if (!/^[a-z]{3}$/.test(currency)) throw refuseForm(`Invalid currency: ${currency}`, 'currency')
  if (currency === 'usd' && amount < 50)
    throw refuseForm('The amount must be at least $0.50 usd.', 'amount', 'amount_too_small')
  return currency
}

function needUrl(form: Form, name: string): string {
  const url = needText(form, name)
  if (!/^https?:\/\//.test(url) || !URL.canParse(url))
    throw refuseForm('Not a valid URL', name, 'url_invalid')
  return url
}

/** 30 minutes to 24 hours from now; a day where nothing is asked. */
function readExpiry(shop: Shop, form: Form): number {
  const now = Math.floor(shop.now() / 1000)
  if (textOf(form, 'expires_at') === null) return now + 86_400
  const at = Number(needText(form, 'expires_at'))
  if (at >= now + 1800 && at <= now + 86_400) return at
  throw refuseForm('The `expires_at` timestamp must be 30 minutes to 24 hours ahead.', 'expires_at')
}

function makeSetup(shop: Shop, customer: string | null): Setup {
  if (customer === null) throw refuseForm('A setup needs a customer here.', 'customer')
  return add<Setup>(shop, 'seti_', {
    ...{ object: 'setup_intent', customer, metadata: {}, payment_method: null },
    status: 'requires_payment_method',
  })
}

function readSession(shop: Shop, _: Form, id: string): Session {
  const session = sessionOf(shop, id)
  if (session?.id !== id) throw missing('checkout.session', id)
  return session
}

function expireSession(shop: Shop, form: Form, id: string): Session {
  const session = readSession(shop, form, id)
  if (session.status !== 'open')
    throw refuseForm('Only Checkout Sessions with a status in ["open"] can be expired.', 'id')
  expire(shop, session)
  return session
}

/** Only the way that recharges take: a saved card, charged at once while the customer is away. */
function makeIntent(shop: Shop, form: Form): Intent {
  if (textOf(form, 'confirm') !== 'true' || textOf(form, 'off_session') !== 'true')
    throw refuseForm('Only payments that are confirmed off session are simulated.', 'confirm')
  const amount = needCount(form, 'amount')
  const customer = needText(form, 'customer')
  const method = need<Method>(shop, 'payment_method', needText(form, 'payment_method'))
  if (method.customer !== customer)
    throw refuseForm('The payment method does not belong to this customer.', 'payment_method')
  const intent = addIntent(shop, {
    ...{ amount, currency: needCurrency(form, amount), customer, payment_method: method.id },
    ...{ description: textOf(form, 'description'), metadata: textsOf(form, 'metadata') },
  })
  const declines = shop.declines.get(method.id) ?? 0
  if (declines > 0) {
    shop.declines.set(method.id, declines - 1)
    refuse(shop, intent)
    const error = intent.last_payment_error
    if (error) throw new StripeRefusal(402, { ...error, payment_intent: { ...intent } })
  }
  const charge = succeed(shop, intent)
  shop.tell([
    ['charge.succeeded', charge],
    ['payment_intent.succeeded', intent],
  ])
  return intent
}

function makeRefund(shop: Shop, form: Form): object {
  const intent = need<Intent>(shop, 'payment_intent', needText(form, 'payment_intent'))
  if (intent.status !== 'succeeded')
    throw refuseForm(
      `This PaymentIntent (${intent.id}) has no successful charge.`,
      'payment_intent',
    )
  const charge = chargeOf(shop, intent.id)
  const left = charge.amount - charge.amount_refunded
  const amount = textOf(form, 'amount') === null ? left : needCount(form, 'amount')
  if (charge.disputed)
    throw refuseForm(`Charge ${charge.id} has been charged back.`, 'charge', 'charge_disputed')
  if (left === 0)
    throw refuseForm(
      `Charge ${charge.id} has already been refunded.`,
      'charge',
      'charge_already_refunded',
    )
  if (amount > left)
    throw refuseForm(
      `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`,
      'amount',
    )
  return payBack(shop, charge, amount, textsOf(form, 'metadata'))
}

function makeCustomer(shop: Shop, form: Form): Thing {
  return add<Thing & { email: string | null }>(shop, 'cus_', {
    ...{ object: 'customer', email: textOf(form, 'email'), metadata: textsOf(form, 'metadata') },
  })
}

function detach(shop: Shop, _: Form, id: string): Method {
  const method = need<Method>(shop, 'payment_method', id)
  if (method.customer === null)
    throw refuseForm(
      'The payment method you provided is not attached to a customer.',
      'payment_method',
    )
  method.customer = null
  shop.tell([['payment_method.detached', method]])
  return method
}
