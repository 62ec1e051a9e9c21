/** The words of the dialog that asks who one is again. */
import { words } from '../language.ts'

export const recent = words({
  en: {
    title: 'Confirm that it is you',
    lead: 'This needs a log-in of the last few minutes. What you began is then done.',
    password: 'Password',
    code: 'Code of your authenticator app',
    confirm: 'Confirm',
    passkey: 'Use a passkey',
    elsewhere: (name: string) => `Log in with ${name} again`,
  },
  'zh-TW': {
    title: '請確認是您本人',
    lead: '此操作需要幾分鐘內的登入。確認後會完成您剛才的操作。',
    password: '密碼',
    code: '驗證器 App 的驗證碼',
    confirm: '確認',
    passkey: '使用通行金鑰',
    elsewhere: (name: string) => `以 ${name} 重新登入`,
  },
})
