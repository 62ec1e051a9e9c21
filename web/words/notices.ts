/** The words of notices: which are mailed, the alert of a low balance, and what the operator announces. */
import { words } from '../language.ts'

export const notices = words({
  en: {
    title: 'Notices by mail',
    lead: 'Your pages show every notice, mailed or not. Mails of security and of the terms are always sent.',
    save: 'Save',
    saved: 'Saved.',
    kinds: {
      low_balance: 'The balance is low, or credit expires soon',
      key_budget: 'A key has used 80 % or all of its limit',
      price_rise: 'Prices of models in use will rise',
      model_retires: 'Models in use will be retired',
      recharge: 'Automatic top-ups',
      announcement: 'Announcements',
      maintenance: 'Maintenance',
    },
    alerts: 'Alerts of a low balance',
    alertsLead:
      'Owners, admins and billing members get a mail, once a day at most, when the balance is below the threshold or lasts less than three days.',
    threshold: (amount: string) => `The threshold is ${amount}.`,
    noThreshold: 'There is no threshold.',
    change: 'Change the threshold',
    choose: 'Choose which mails you get',
    test: 'Send a test alert',
    tested: (mails: number, webhooks: number) =>
      `Sent as a test: ${mails} ${mails === 1 ? 'mail' : 'mails'}, ${webhooks} ${webhooks === 1 ? 'webhook' : 'webhooks'}.`,
    dismiss: 'Dismiss',
    until: 'until',
  },
  'zh-TW': {
    title: '電子郵件通知',
    lead: '頁面會顯示所有通知，不論是否寄信。帳號安全與條款相關的郵件一律寄送。',
    save: '儲存',
    saved: '已儲存。',
    kinds: {
      low_balance: '餘額偏低，或贈送額度即將到期',
      key_budget: '金鑰已使用上限的 80% 或全部',
      price_rise: '使用中的模型將調漲',
      model_retires: '使用中的模型將停止服務',
      recharge: '自動儲值',
      announcement: '公告',
      maintenance: '維護通知',
    },
    alerts: '餘額提醒',
    alertsLead:
      '餘額低於門檻，或依目前用量三天內會用完時，會寄信通知擁有者、管理員與帳務人員，每天最多一封。',
    threshold: (amount: string) => `門檻為 ${amount}。`,
    noThreshold: '未設定門檻。',
    change: '變更門檻',
    choose: '選擇要接收的郵件',
    test: '寄送測試提醒',
    tested: (mails: number, webhooks: number) =>
      `已寄送測試：${mails} 封郵件、${webhooks} 個 Webhook。`,
    dismiss: '關閉',
    until: '至',
  },
})
