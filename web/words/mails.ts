/** The words of the demo's mailbox. */
import { words } from '../language.ts'

export const mails = words({
  en: {
    title: "The demo's mails",
    lead: 'This demo sends nothing: whatever would be mailed is kept here.',
    empty: 'No mail yet. Register to get one.',
    register: 'Register',
    to: 'To',
    again: 'Look again',
  },
  'zh-TW': {
    title: '示範信箱',
    lead: '此示範不會寄出任何信件；所有信件都放在這裡。',
    empty: '還沒有信件。註冊後就會收到。',
    register: '註冊',
    to: '收件人',
    again: '重新整理',
  },
})
