/** What mails say of recharge [T3.5], in both languages. */
import type { RechargeLetter } from './letter.ts'
import type { MailWords } from './words-en.ts'

type Words = Pick<MailWords['say'], RechargeLetter['kind']>

const time = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

export const rechargeEn: Words = {
  recharge_charged: ({ accountName, credit, total, method, balance }) => ({
    subject: `Automatic top-up of ${credit} USD for ${accountName}`,
    lines: [
      `The balance was low, so ${total} were charged to ${method}, as ${accountName} agreed to. The balance is ${balance} USD now.`,
    ],
    button: 'Look at it, or switch it off',
    after: ['It is switched off on that page by one click, and at once.'],
  }),
  recharge_declined: ({ accountName, credit, method, reason, nextAt }) => ({
    subject: `The automatic top-up for ${accountName} was declined`,
    lines: [
      `${method} could not be charged for ${credit} USD of credit: ${reason}`,
      `It is tried again from ${time(nextAt)} on. Until then add credit yourself, or save another card.`,
    ],
    button: 'Add credit, or save another card',
  }),
  recharge_capped: ({ accountName, cap, nextAt }) => ({
    subject: `Automatic top-up for ${accountName} has reached this month's cap`,
    lines: [
      `The balance is low, but another charge would exceed the cap of ${cap} USD a month. It goes on at ${time(nextAt)}.`,
      'Until then add credit yourself, or raise the cap.',
    ],
    button: 'Add credit, or raise the cap',
  }),
  recharge_off: ({ accountName, method, why }) => ({
    subject: `Automatic top-up for ${accountName} is switched off`,
    lines: [
      {
        declined: `${method} was declined four times in a row.`,
        suspended: `${accountName} is suspended.`,
        refund: 'Money of this account was asked or paid back.',
        limits: 'The amount that was agreed to is not sold any more.',
        unreconciled: 'A payment did not match its order. Support looks into it.',
      }[why],
      'Nothing is charged from now on. To have it again, agree to it on the billing page.',
    ],
    button: 'Look at the balance',
  }),
}

export const rechargeZhTw: Words = {
  recharge_charged: ({ accountName, credit, total, method, balance }) => ({
    subject: `${accountName} 已自動儲值 ${credit} USD`,
    lines: [
      `餘額偏低，已依 ${accountName} 的約定以 ${method} 扣款 ${total}。目前餘額為 ${balance} USD。`,
    ],
    button: '查看或關閉自動儲值',
    after: ['在該頁按一下即可關閉，立即生效。'],
  }),
  recharge_declined: ({ accountName, credit, method, reason, nextAt }) => ({
    subject: `${accountName} 的自動儲值扣款失敗`,
    lines: [
      `無法以 ${method} 扣款儲值 ${credit} USD：${reason}`,
      `將於 ${time(nextAt)} 之後再試。在此之前，請自行儲值，或改存另一張卡片。`,
    ],
    button: '儲值或更換卡片',
  }),
  recharge_capped: ({ accountName, cap, nextAt }) => ({
    subject: `${accountName} 的自動儲值已達本月上限`,
    lines: [
      `餘額偏低，但再扣款一次將超過每月上限 ${cap} USD。將於 ${time(nextAt)} 恢復。`,
      '在此之前，請自行儲值，或調高上限。',
    ],
    button: '儲值或調高上限',
  }),
  recharge_off: ({ accountName, method, why }) => ({
    subject: `${accountName} 的自動儲值已關閉`,
    lines: [
      {
        declined: `${method} 已連續四次扣款失敗。`,
        suspended: `${accountName} 已停用。`,
        refund: '此帳號已申請退款或已退款。',
        limits: '約定的儲值金額已不再提供。',
        unreconciled: '有一筆付款與訂單不符，客服正在處理。',
      }[why],
      '之後不會再扣款。如要再次使用，請於帳務頁重新同意。',
    ],
    button: '查看餘額',
  }),
}
