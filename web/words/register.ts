/** The words of registration, also of who comes from another service, and of accepting documents. */
import { words } from '../language.ts'

export const register = words({
  en: {
    title: 'Register',
    lead: 'Free of charge: you pay only for the calls you make, from credit you add.',
    name: 'Your name',
    email: 'E-mail address',
    password: 'Password',
    passwordHint: 'At least 10 characters. A sentence is easier to remember.',
    kind: 'This account is',
    person: 'My own',
    entity: "An organisation's",
    accountName: 'Name of the organisation',
    country: 'Country',
    noCountry: 'Not stated',
    authority: 'I am authorised to accept the terms on behalf of this organisation.',
    adult: 'I am at least 18 years old, or of the age of majority where I live.',
    accept: 'I have read and accept:',
    named: (name: string, version: string, day: string) =>
      `${name} (version ${version}, in force from ${day})`,
    submit: 'Register',
    sent: 'Look into your mail',
    sentLead: (email: string) =>
      `We sent a message to ${email}. Follow its link to confirm the address, then log in. The link is good for 24 hours.`,
    notThere:
      'Nothing there after a few minutes? Look among the unwanted mail, or have it sent again.',
    sendAgain: 'Send it again',
    sentAgain: 'Sent. Only the latest link works.',
    haveAccount: 'You have an account already?',
    closed: 'Registration is closed here. Ask someone of an account to invite you.',
    elsewhereTitle: 'One more step',
    elsewhereLead: (email: string) =>
      `The other service confirmed your address ${email}. Before your account is made:`,
    readMails: 'Read the mails of this demo',
    acceptTitle: 'New versions of our documents',
    acceptLead:
      'Read what has changed. From their date on, calls are refused until they are accepted.',
    acceptOne: (name: string, version: string, day: string) =>
      `I have read and accept: ${name}, version ${version}, in force from ${day}`,
    changes: 'What has changed',
    submitAccept: 'Accept',
    nothing: 'There is nothing to accept: you accepted every version.',
    goOn: 'Go on',
  },
  'zh-TW': {
    title: '註冊',
    lead: '註冊免費：只需為實際請求付費，由您儲值的額度支付。',
    name: '您的姓名',
    email: '電子郵件地址',
    password: '密碼',
    passwordHint: '至少 10 個字元。用一句話會比較好記。',
    kind: '這個帳號屬於',
    person: '我個人',
    entity: '公司或組織',
    accountName: '公司或組織名稱',
    country: '國家／地區',
    noCountry: '不填寫',
    authority: '我有權代表此組織同意條款。',
    adult: '我已年滿 18 歲，或已達所在地的成年年齡。',
    accept: '我已閱讀並同意：',
    named: (name: string, version: string, day: string) =>
      `${name}（版本 ${version}，${day} 生效）`,
    submit: '註冊',
    sent: '請查看您的信箱',
    sentLead: (email: string) =>
      `我們已寄信到 ${email}。請點選信中連結確認地址，然後登入。連結 24 小時內有效。`,
    notThere: '幾分鐘後還沒收到？請查看垃圾郵件匣，或重新寄送。',
    sendAgain: '重新寄送',
    sentAgain: '已寄出。只有最新的連結有效。',
    haveAccount: '已經有帳號了？',
    closed: '目前不開放註冊，請帳號成員邀請您。',
    elsewhereTitle: '還差一步',
    elsewhereLead: (email: string) =>
      `對方服務已確認您的地址 ${email}。建立帳號之前，請完成以下項目：`,
    readMails: '查看此示範的信件',
    acceptTitle: '文件有新版本',
    acceptLead: '請閱讀變更內容。自生效日起，未同意前請求會被拒絕。',
    acceptOne: (name: string, version: string, day: string) =>
      `我已閱讀並同意：${name}，版本 ${version}，${day} 生效`,
    changes: '變更內容',
    submitAccept: '同意',
    nothing: '您已同意所有版本，沒有需要同意的文件。',
    goOn: '繼續',
  },
})
