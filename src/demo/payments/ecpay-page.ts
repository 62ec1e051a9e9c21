/** What a payer sees of the simulated ECPay, in Taiwan's Chinese and in English. Plain HTML: each button is a form. */

import type { Trade } from './ecpay-trade.ts'
import { html, showPage } from './page.ts'

const words = {
  'zh-TW': {
    title: '綠界付款（模擬）',
    note: '這是模擬頁面，不會有真正的款項往來。',
    amount: '金額',
    item: '商品',
    pay: '以信用卡付款',
    fail: '授權失敗',
    number: { ATM: '取得 ATM 虛擬帳號', CVS: '取得超商代碼' },
    account: { ATM: '銀行與帳號', CVS: '繳費代碼' },
    until: '繳費期限',
    settle: { ATM: '模擬 ATM 轉帳繳費', CVS: '模擬超商繳費' },
    cancel: '取消並返回商店',
    back: '返回商店',
    state: { '0': '尚未付款', '1': '付款成功', '10200095': '付款失敗' },
    refused: '無法建立訂單',
  },
  en: {
    title: 'ECPay checkout (simulated)',
    note: 'This page is simulated: no real money moves.',
    amount: 'Amount',
    item: 'Item',
    pay: 'Pay by card',
    fail: 'Decline the card',
    number: { ATM: 'Get an ATM account number', CVS: 'Get a store payment code' },
    account: { ATM: 'Bank and account', CVS: 'Payment code' },
    until: 'Pay until',
    settle: { ATM: 'Simulate the ATM transfer', CVS: 'Simulate paying at the store' },
    cancel: 'Cancel and return to the store',
    back: 'Return to the store',
    state: { '0': 'Not paid yet', '1': 'Paid', '10200095': 'Payment failed' },
    refused: 'The order cannot be made',
  },
}

type Words = typeof words.en

export function showCheckout(trade: Trade): Response {
  const { fields, status, number, amount } = trade
  const language = fields.Language === 'ENG' ? 'en' : 'zh-TW'
  const text: Words = words[language]
  const rows = [
    [text.item, fields.ItemName ?? ''],
    [text.amount, `NT$${amount}`],
    ...(number
      ? [
          [text.account[number.kind], number.shown],
          [text.until, number.expires],
        ]
      : []),
  ]
  const { title, note } = text
  const body = [
    `<p role="status">${text.state[status]}</p>`,
    `<dl>${rows.map(([name, value]) => `<dt>${name}</dt><dd>${html(value ?? '')}</dd>`).join('')}</dl>`,
    ...buttonsOf(trade, text),
  ]
  return showPage({ language, title, note, body })
}

function buttonsOf({ fields, status, number }: Trade, text: Words): string[] {
  const back = html(fields.ClientBackURL ?? '/')
  if (status !== '0') return [`<a href="${back}">${text.back}</a>`]
  const kind = fields.ChoosePayment === 'CVS' ? 'CVS' : 'ATM'
  const acts: [act: string, label: string][] =
    fields.ChoosePayment === 'Credit'
      ? [
          ['pay', text.pay],
          ['fail', text.fail],
        ]
      : [number ? ['pay', text.settle[kind]] : ['number', text.number[kind]]]
  const leave = number ? text.back : text.cancel
  return [
    '<form method="post">',
    ...acts.map(([act, label]) => `<button name="act" value="${act}">${label}</button>`),
    `</form><a href="${back}">${leave}</a>`,
  ]
}

/** What the real one shows for a form that it does not take. */
export function showRefusal(reason: string): Response {
  const { title, note, refused } = words['zh-TW']
  const said = `${refused} / ${words.en.refused}: ${html(reason)}`
  return showPage({ language: 'zh-TW', title, note, body: [`<p role="alert">${said}</p>`] }, 400)
}
