/** The words of the first steps. */
import { words } from '../language.ts'

export const firstSteps = words({
  en: {
    title: 'First steps',
    done: 'Done',
    open: 'To do',
    credit: 'Credit on the account',
    creditLead: 'Calls are paid from pre-paid credit.',
    toBilling: 'To billing',
    key: 'A key for your program',
    keyLead: 'It is shown once: keep it like a password.',
    toKeys: 'Create a key',
    request: 'A first request',
    requestLead: 'From your program with the key, or here right now:',
    run: 'Run a first request here',
    prompt: 'Say hello in one short sentence.',
    all: 'All set. Here is the overview of your account.',
    toOverview: 'To the overview',
  },
  'zh-TW': {
    title: '開始使用',
    done: '完成',
    open: '待完成',
    credit: '帳號有額度',
    creditLead: '請求由預付額度支付。',
    toBilling: '前往帳務',
    key: '供程式使用的金鑰',
    keyLead: '只顯示一次，請像密碼一樣保管。',
    toKeys: '建立金鑰',
    request: '第一個請求',
    requestLead: '由您的程式以金鑰送出，或直接在此試用：',
    run: '在此送出第一個請求',
    prompt: '請用一句簡短的話打招呼。',
    all: '全部完成。以下是您的帳號總覽。',
    toOverview: '前往總覽',
  },
})
