/** The words of the operator's mail log. */
import { words } from '../language.ts'

export const adminMails = words({
  en: {
    title: 'Mail log',
    lead: 'What the platform mailed. Texts are not shown: they may hold links that log in.',
    search: 'Find an address',
    all: 'All',
    state: 'State',
    states: { queued: 'On its way', sent: 'Sent', failed: 'Failed' },
    time: 'Queued',
    to: 'To',
    subject: 'Subject and kind',
    tries: 'Tries',
    sent: 'Sent',
    empty: 'No such mail.',
  },
  'zh-TW': {
    title: '郵件紀錄',
    lead: '平台寄出的郵件。內文可能含有登入連結，因此不顯示。',
    search: '搜尋地址',
    all: '全部',
    state: '狀態',
    states: { queued: '寄送中', sent: '已寄出', failed: '失敗' },
    time: '排入時間',
    to: '收件人',
    subject: '主旨與類型',
    tries: '嘗試次數',
    sent: '寄出時間',
    empty: '找不到郵件。',
  },
})
