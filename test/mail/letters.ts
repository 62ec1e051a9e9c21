/** One letter of each kind: a new kind does not compile without one. */
import type { Letter, LetterBody } from '../../src/mail/letter.ts'
import type { LetterOf } from '../../src/mail/words-en.ts'

type Bodies = { [K in Letter['kind']]: Omit<LetterOf<K>, 'to' | 'language' | 'kind'> }

const at = Date.UTC(2026, 0, 15, 12)
const account = { accountName: 'Acme' }
const billing = { ...account, path: '/accounts/acc_1/billing' }
const order = { ...account, path: '/accounts/acc_1/top-ups/top_1' }

const bodies: Bodies = {
  verify: { path: '/verify?token=abc' },
  already_registered: { path: '/login' },
  reset: { path: '/reset/confirm?token=abc' },
  change_address: { path: '/address?token=abc' },
  address_changed: { newAddress: 'new@example.com' },
  password_changed: {},
  new_login: { agent: 'Firefox', address: '203.0.113.7', at },
  second_factor_on: {},
  second_factor_off: {},
  recovery_code_used: {},
  login_linked: { provider: 'GitHub' },
  login_unlinked: { provider: 'GitHub' },
  passkey_added: { name: 'Laptop' },
  passkey_removed: { name: 'Laptop' },
  key_created: { ...account, keyName: 'Bot', suffix: 'ab12' },
  invitation: { ...account, path: '/invitation?token=abc', inviter: 'Ann', role: 'developer' },
  account_suspended: { ...account, reason: 'Fraud' },
  account_reinstated: { ...account, reason: 'Error' },
  account_closed: { ...account, refund: '12.50' },
  account_terminated: { ...account, reason: 'Fraud', refund: '12.50' },
  user_suspended: { reason: 'Fraud' },
  user_reinstated: { reason: 'Error' },
  terms_changed: { path: '/accept', title: 'Terms', summary: 'Shorter', effectiveAt: at },
  low_balance: {
    ...{ ...account, path: '/accounts/acc_1/billing', balance: '4.20', days: 2, test: false },
  },
  credit_expires: { ...account, path: '/accounts/acc_1/billing', amount: '5.00', at },
  key_budget: { path: '/accounts/acc_1/keys', keyName: 'Bot', percent: 80, limit: '10.00' },
  price_rise: {
    ...{ ...account, path: '/models' },
    rises: [{ model: 'm', at, prices: [{ unit: 'input', from: '1.00', to: '2.00' }] }],
  },
  price_rise_called_off: { ...account, path: '/models', rises: [{ model: 'm', at }] },
  model_retires: { ...account, path: '/models', models: [{ model: 'm', successor: 'n', at }] },
  announcement: { path: '/status', title: 'A new model', text: 'It is fast.' },
  maintenance: { path: '/status', title: 'An hour of pause', text: 'At noon.' },
  topup_paid: { ...order, credit: '25.00', total: '26.25 USD' },
  topup_failed: { ...account, path: '/accounts/acc_1/billing', credit: '25.00', total: '826 TWD' },
  dispute_opened: { ...order, amount: '25.00' },
  dispute_closed: { ...order, amount: '25.00', won: false },
  refund_asked: { ...order, amount: '25.00' },
  refund_approved: { ...order, amount: '25.00', total: '26.25 USD', reason: 'As agreed' },
  refund_paid: { ...order, amount: '25.00', total: '26.25 USD' },
  refund_refused: { ...order, amount: '25.00', reason: 'It was spent' },
  recharge_charged: {
    ...{ ...billing, credit: '25.00', total: '26.25 USD' },
    ...{ method: 'Visa •••• 4242', balance: '26.10' },
  },
  recharge_declined: {
    ...{ ...billing, credit: '25.00', method: 'Visa •••• 4242' },
    ...{ reason: 'Your card was declined.', nextAt: at },
  },
  recharge_capped: { ...billing, cap: '100.00', nextAt: at },
  recharge_off: { ...billing, method: 'Visa •••• 4242', why: 'declined' },
}

export const letters = Object.entries(bodies).map(
  ([kind, body]) => ({ kind, ...body }) as LetterBody,
)
export const languages = ['en', 'zh-TW'] as const
