/** The words of the billing page, and of what a movement was for. */
import { words } from '../language.ts'

export const billing = words({
  en: {
    title: 'Billing',
    balance: 'Balance',
    debt: 'The balance is negative: calls are refused until credit is added.',
    disputed:
      'The bank took a payment of this account back. If that was by mistake, withdraw the dispute at your bank, then contact support.',
    held: (amount: string) =>
      `${amount} of it is held for calls under way or set aside for refunds`,
    codes: {
      usage: 'Call',
      usage_excess: 'Call, beyond its hold',
      topup: 'Top-up',
      refund: 'Refund',
      dispute: 'Dispute',
      dispute_won: 'Dispute won',
      grant: 'Granted credit',
      voucher: 'Voucher',
      expiry: 'Expired credit',
      adjustment: 'Adjustment',
      writeoff: 'Written off',
    } as Record<string, string>,
  },
  'zh-TW': {
    title: '帳務',
    balance: '餘額',
    debt: '餘額為負數，請求會被拒絕，儲值補足後恢復。',
    disputed: '銀行已取回此帳號的一筆款項。如為誤會，請向銀行撤回爭議，再聯絡客服。',
    held: (amount: string) => `其中 ${amount} 由進行中的請求或退款保留`,
    codes: {
      usage: '請求',
      usage_excess: '請求（超出保留金額）',
      topup: '儲值',
      refund: '退款',
      dispute: '付款爭議扣回',
      dispute_won: '付款爭議返還',
      grant: '贈送額度',
      voucher: '兌換碼',
      expiry: '額度到期',
      adjustment: '調整',
      writeoff: '沖銷',
    },
  },
})
