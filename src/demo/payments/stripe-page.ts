/** What a payer sees of the simulated Stripe, in English and in Taiwan's Chinese. Plain HTML: each button is a form's. */
import type { Session } from './stripe-shop.ts'

export type Act = 'pay' | 'later' | 'fail' | 'cancel'

const words = {
  en: {
    title: 'Stripe checkout (simulated)',
    note: 'This page is simulated: no real money moves.',
    amount: 'Amount',
    email: 'E-mail',
    act: { pay: 'Pay', later: 'Pay later (async)', fail: 'Let it fail', cancel: 'Cancel' },
    save: 'Save the card',
    declined: 'Your card was declined.',
    over: 'This checkout is over.',
  },
  'zh-TW': {
    title: 'Stripe 結帳（模擬）',
    note: '這是模擬頁面，不會有真正的款項往來。',
    amount: '金額',
    email: '電子郵件',
    act: { pay: '付款', later: '稍後付款（非同步）', fail: '讓付款失敗', cancel: '取消' },
    save: '儲存卡片',
    declined: '您的卡片遭拒。',
    over: '此結帳已結束。',
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
  return page(language, text.title, [
    `<p>${text.note}</p><h2>${html(description)}</h2>`,
    `<dl>${rows.map(([name, value]) => `<dt>${name}</dt><dd>${html(value ?? '')}</dd>`).join('')}</dl>`,
    declined ? `<p role="alert">${text.declined}</p>` : '',
    status === 'open'
      ? `<form method="post">${buttons.join('')}</form>`
      : `<p role="status">${text.over}</p><a href="${html(session.success_url)}">OK</a>`,
  ])
}

export function showMissing(): Response {
  const { title, over } = words.en
  return page('en', title, [`<p role="alert">${over}</p>`], 404)
}

function price(minor: number, currency: string, language: string): string {
  const style = { style: 'currency', currency } as const
  const format = new Intl.NumberFormat(language, style)
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

function page(language: string, title: string, body: string[], status = 200): Response {
  const document = `<!doctype html><html lang="${language}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${title}</title>
<style>body{font:16px/1.6 system-ui;max-width:32rem;margin:3rem auto;padding:0 1rem}
button,a{display:block;width:100%;box-sizing:border-box;margin:.5rem 0;padding:.75rem;text-align:center;font:inherit}
dt{font-weight:600}dd{margin:0 0 .5rem}</style><main><h1>${title}</h1>${body.join('')}</main></html>`
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }
  return new Response(document, { status, headers })
}

function html(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}
