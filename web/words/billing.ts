/** The words of the billing page, and of what a movement was for. */
import { words } from '../language.ts'

export const billing = words({
  en: {
    title: 'Billing',
    balance: 'Balance',
    debt: 'The balance is negative: calls are refused until credit is added.',
    held: (amount: string) => `${amount} held for calls under way or set aside for refunds`,
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
    debt: '餘額為負，補足前請求會被拒絕。',
    held: (amount: string) => `為進行中的請求或退款保留 ${amount}`,
    codes: {
      usage: '請求',
      usage_excess: '請求（超出保留金額）',
      topup: '儲值',
      refund: '退款',
      dispute: '爭議款項',
      dispute_won: '爭議款項返還',
      grant: '贈送額度',
      voucher: '兌換碼',
      expiry: '額度到期',
      adjustment: '調整',
      writeoff: '沖銷',
    },
  },
})
