/** What a payer sees of the simulated Stripe, in English and in Taiwan's Chinese. Plain HTML: each button is a form's. */
import { html, showPage } from './page.ts'
import type { Session } from './stripe-shop.ts'

export type Act = 'pay' | 'later' | 'fail' | 'cancel'

const words = {
  en: {
    title: 'Stripe checkout (simulated)',
    note: 'This page is simulated: no real money moves.',
    amount: 'Amount',
    email: 'E-mail',
    act: {
      pay: 'Pay',
      later: 'Paid later, by a bank debit',
      fail: 'The card is declined',
      cancel: 'Cancel',
    },
    save: 'Save the card',
    declined: 'Your card was declined.',
    over: 'This checkout is over.',
    back: 'Return to the store',
  },
  'zh-TW': {
    title: 'Stripe 結帳（模擬）',
    note: '這是模擬頁面，不會有真正的款項往來。',
    amount: '金額',
    email: '電子郵件',
    act: { pay: '付款', later: '稍後入帳（銀行扣款）', fail: '卡片遭拒', cancel: '取消' },
    save: '儲存卡片',
    declined: '您的卡片遭拒。',
    over: '此結帳已結束。',
    back: '返回商店',
  },
}

export function showCheckout(session: Session, description: string, declined: boolean): Response {
  const language = session.locale === 'zh-TW' ? 'zh-TW' : 'en'
  const text = words[language]
  const { status, mode, amount_total, currency, customer_email } = session
  const rows = [
    ...(amount_total === null
      ? []
      : [[text.amount, price(amount_total, currency ?? 'usd', language)]]),
    ...(customer_email === null ? [] : [[text.email, customer_email]]),
  ]
  const label = (act: Act) => (mode === 'setup' && act === 'pay' ? text.save : text.act[act])
  const acts: Act[] = mode === 'setup' ? ['pay', 'cancel'] : ['pay', 'later', 'fail', 'cancel']
  const buttons = acts.map((act) => `<button name="act" value="${act}">${label(act)}</button>`)
  const { title, note } = text
  const body = [
    `<h2>${html(description)}</h2>`,
    `<dl>${rows.map(([name, value]) => `<dt>${name}</dt><dd>${html(value ?? '')}</dd>`).join('')}</dl>`,
    declined ? `<p role="alert">${text.declined}</p>` : '',
    status === 'open'
      ? `<form method="post">${buttons.join('')}</form>`
      : `<p role="status">${text.over}</p><a href="${html(session.success_url)}">${text.back}</a>`,
  ]
  return showPage({ language, title, note, body })
}

export function showMissing(): Response {
  const { title, note, over } = words.en
  return showPage({ language: 'en', title, note, body: [`<p role="alert">${over}</p>`] }, 404)
}

function price(minor: number, currency: string, language: string): string {
  const style = { style: 'currency', currency } as const
  const format = new Intl.NumberFormat(language, style)
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}
