/**
 * The page that hands a browser over to a processor which wants a form posted to it. The dashboard's own pages may post
 * nowhere but here (`form-action 'self'`), and stay so: this page alone names one foreign origin, that of this order's form, and
 * runs one line of script, named by its hash, that sends it. Without script a button does.
 */
import type { Checkout } from '../store/credit.ts'

type FormCheckout = Extract<Checkout, { kind: 'form' }>

const script = 'document.forms[0].submit()'
const scriptHash = new Bun.CryptoHasher('sha256').update(script).digest('base64')

const words = {
  en: { title: 'On to the payment', submit: 'Continue to the payment' },
  'zh-TW': { title: '前往付款', submit: '前往付款頁面' },
}

export function handOver({ action, fields }: FormCheckout, language: keyof typeof words): Response {
  const { title, submit } = words[language]
  const inputs = Object.entries(fields).map(
    ([name, value]) =>
      `<input type="hidden" name="${Bun.escapeHTML(name)}" value="${Bun.escapeHTML(value)}">`,
  )
  const page = `<!doctype html>
<html lang="${language}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<form method="post" action="${Bun.escapeHTML(action)}">${inputs.join('')}<button>${submit}</button></form>
<script>${script}</script>
</html>
`
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${scriptHash}'`,
    `form-action ${new URL(action).origin}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ]
  return new Response(page, {
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    },
  })
}
