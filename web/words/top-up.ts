/** The words of buying credit: the form, an order, and the list of orders. */
import { language, words } from '../language.ts'

export const topUp = words({
  en: {
    title: 'Add credit',
    none: 'No way to pay is set up here yet. Contact support.',
    mayNot: 'Owners, admins and billing members add credit.',
    suspended: 'No credit is sold to a suspended account. Contact support.',
    amount: 'Amount of credit',
    other: 'Another amount',
    otherHint: (min: string, max: string) => `${min} to ${max}, in whole cents`,
    way: 'Way to pay',
    ways: {
      card: 'Card',
      atm: 'ATM transfer',
      cvs: 'Convenience store',
      transfer: 'Bank transfer',
    } as Record<string, string>,
    processors: { stripe: 'Stripe', ecpay: 'ECPay' } as Record<string, string>,
    cost: 'What you pay',
    price: 'Credit',
    fee: 'Payment fee',
    tax: (rate: string, country: string | null) => `Tax ${rate}%${country ? ` (${country})` : ''}`,
    noTax: 'Tax',
    total: 'Total',
    rate: (twd: string) => `US$1 = NT$${twd}, fixed in the order`,
    pay: (total: string) => `Pay ${total}`,
    payPlain: 'Pay',
    leaving: 'You are taken to the payment service; nothing of your card reaches us.',
    billedTo: 'Name and tax ID on the receipt',
    order: 'Top-up',
    back: 'Back to billing',
    credit: 'Credit',
    states: {
      open: 'Not paid yet',
      pending: 'Waiting for the money',
      paid: 'Credited',
      failed: 'Failed',
      expired: 'Expired',
    } as Record<string, string>,
    explained: {
      open: 'As soon as the payment service confirms your payment, the credit is added. This page shows it by itself.',
      pending:
        'The payment is on its way. The credit is added as soon as the money arrives; you may close this page, a mail will tell you.',
      failed: 'The payment did not go through. Nothing was charged here, and nothing was credited.',
      expired:
        'This order was not paid in time. Should the money still arrive, it is credited all the same.',
    } as Record<string, string>,
    credited: (credit: string) => `${credit} was added to your balance.`,
    toPay:
      'Pay with what stands below, in time. The credit is added as soon as the money arrives; a mail will tell you.',
    unreconciled:
      'A payment arrived that is not this order’s in every point. It was not credited; the operator looks into it. Do not pay again.',
    looked: 'Being looked into',
    disputes: { open: 'Disputed', lost: 'Taken back' } as Record<string, string>,
    disputed: {
      open: (amount: string) =>
        `The payer’s bank disputes this payment. ${amount} was taken from the balance until that is decided.`,
      won: (amount: string) =>
        `A dispute of this payment is settled: ${amount} is back in the balance.`,
      lost: (amount: string) =>
        `The payer’s bank took this payment back, and ${amount} with it. Contact support.`,
    },
    goOn: 'Go on to the payment',
    again: 'Pay again',
    ask: 'Check now',
    receipt: 'Receipt',
    payAt: 'Pay here',
    facts: {
      bank: 'Bank code',
      account: 'Account number',
      code: 'Payment code',
      expires: 'Pay until',
      instructions: 'How to transfer',
      reference: 'Reference to name',
    } as Record<string, string>,
    until: 'Can be paid until',
    list: 'Top-ups',
    empty: 'No credit was bought yet.',
    time: 'Time',
    state: 'State',
    by: 'Paid by',
    recharge: 'automatic',
    acts: 'Actions',
    refund: 'Refund',
  },
  'zh-TW': {
    title: '儲值',
    none: '尚未提供任何付款方式，請聯絡客服。',
    mayNot: '擁有者、管理員與帳務人員可以儲值。',
    suspended: '帳號停用期間無法儲值，請聯絡客服。',
    amount: '儲值金額',
    other: '其他金額',
    otherHint: (min: string, max: string) => `${min} 至 ${max}，可輸入到小數第二位`,
    way: '付款方式',
    ways: {
      card: '信用卡',
      atm: 'ATM 轉帳',
      cvs: '超商代碼繳費',
      transfer: '銀行匯款',
    } as Record<string, string>,
    processors: { stripe: 'Stripe', ecpay: '綠界科技' } as Record<string, string>,
    cost: '付款明細',
    price: '儲值',
    fee: '手續費',
    tax: (rate: string, country: string | null) =>
      `稅額 ${rate}%${country ? `（${country}）` : ''}`,
    noTax: '稅額',
    total: '應付總額',
    rate: (twd: string) => `1 USD = ${twd} TWD，匯率於訂單成立時固定`,
    pay: (total: string) => `付款 ${total}`,
    payPlain: '付款',
    leaving: '將前往付款服務的頁面；我們不會取得您的卡片資料。',
    billedTo: '收據抬頭與統一編號',
    order: '儲值訂單',
    back: '返回帳務',
    credit: '儲值金額',
    states: {
      open: '尚未付款',
      pending: '等待款項',
      paid: '已入帳',
      failed: '付款失敗',
      expired: '已逾期',
    } as Record<string, string>,
    explained: {
      open: '付款服務確認後即會加入餘額，此頁會自動更新。',
      pending: '款項處理中，入帳後即加入餘額。您可以關閉此頁，入帳時會寄信通知您。',
      failed: '付款未成功。我們沒有收取任何款項，餘額也沒有變動。',
      expired: '此訂單已超過付款期限。若之後仍收到款項，還是會加入餘額。',
    } as Record<string, string>,
    credited: (credit: string) => `已將 ${credit} 加入餘額。`,
    toPay: '請於期限內依下列資訊繳費，入帳後即加入餘額，並寄信通知您。',
    unreconciled: '收到的款項與此訂單不完全相符，因此尚未入帳，客服正在處理。請勿重複付款。',
    looked: '款項確認中',
    disputes: { open: '爭議中', lost: '已被取回' } as Record<string, string>,
    disputed: {
      open: (amount: string) =>
        `付款人的銀行對這筆付款提出爭議，結果確定前先從餘額扣除 ${amount}。`,
      won: (amount: string) => `這筆付款的爭議已結束，${amount} 已加回餘額。`,
      lost: (amount: string) =>
        `這筆付款已被付款人的銀行取回，對應的 ${amount} 不再加回。請聯絡客服。`,
    },
    goOn: '前往付款',
    again: '重新付款',
    ask: '重新查詢',
    receipt: '收據',
    payAt: '繳費資訊',
    facts: {
      bank: '銀行代碼',
      account: '轉帳帳號',
      code: '繳費代碼',
      expires: '繳費期限',
      instructions: '匯款說明',
      reference: '備註請填',
    } as Record<string, string>,
    until: '付款期限',
    list: '儲值紀錄',
    empty: '尚無儲值紀錄。',
    time: '時間',
    state: '狀態',
    by: '付款方式',
    recharge: '自動儲值',
    acts: '操作',
    refund: '退款',
  },
})

/** How an order is or was paid: the way, and by whom. */
export function wayName(processor: string, method: string | null): string {
  const { ways, processors } = topUp()
  const way = method === null ? '' : (ways[method] ?? method)
  const by = processors[processor]
  return by ? `${way}${language.value === 'en' ? ` (${by})` : `（${by}）`}` : way
}
