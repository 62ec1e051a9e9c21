/** The words of recharge. */
import { words } from '../language.ts'

export const recharge = words({
  en: {
    title: 'Automatic top-up',
    lead: 'Charges a saved card when the balance runs low, so that calls are not refused.',
    start: 'Set it up',
    states: { off: 'Off', setup: 'Not on yet', on: 'On' },
    setup: 'You agreed to these terms, but no card is saved yet. Nothing is charged before.',
    terms: (credit: string, threshold: string, method: string) =>
      `${credit} of credit is charged to ${method} whenever the free balance falls below ${threshold}.`,
    aCard: 'a card that you save',
    month: 'This month',
    ofCap: (charged: string, cap: string) => `${charged} of at most ${cap}`,
    underWay: 'A charge is under way.',
    failures: {
      cap_reached:
        'This month’s cap is reached, so nothing is charged although the balance is low. Raise the cap below, or add credit yourself.',
      declined:
        'It was switched off after four declined charges. Agree again and save another card.',
      suspended: 'It was switched off because the account was suspended.',
      refund: 'It was switched off because money of this account was asked or paid back.',
      limits: 'It was switched off because that amount is not sold any more. Choose another one.',
      unreconciled:
        'It was switched off because a payment did not match its order. Support looks into it.',
    } as Record<string, string>,
    declined: (reason: string) =>
      `The last charge was declined: ${reason} Ask your bank, or save another card.`,
    next: 'Tried again at',
    save: (processor: string) => `Save a card at ${processor}`,
    saveOther: (processor: string) => `Save another card at ${processor}`,
    leaving:
      'You leave for the page of the payment service and come back; nothing of your card reaches us.',
    off: 'Switch off',
    offHint: 'At once: no charge begins after it, and the card is forgotten.',
    change: 'Change the terms',
    threshold: 'When the free balance falls below',
    thresholdHint: 'In USD, at least 1.',
    credit: 'Add so much credit',
    creditHint: (min: string, max: string) =>
      `${min} to ${max}, in whole cents. Fee and tax are added as for any top-up.`,
    cap: 'At most so much credit a month',
    capHint: 'In USD, for a calendar month by UTC.',
    agree:
      'I agree that the saved card is charged without asking me each time, up to this cap a month, until I switch it off. I can do that here at any time, at once, and each charge is mailed.',
    agreeAndSave: (processor: string) => `Agree, and save a card at ${processor}`,
    agreeAnew: 'Agree to the new terms',
    mayNot: 'Owners, admins and billing members decide on it.',
  },
  'zh-TW': {
    title: '自動儲值',
    lead: '餘額偏低時自動從已儲存的卡片扣款儲值，避免請求被拒絕。',
    start: '設定自動儲值',
    states: { off: '已關閉', setup: '尚未啟用', on: '已啟用' },
    setup: '您已同意以下條件，但尚未儲存卡片。在此之前不會扣款。',
    terms: (credit: string, threshold: string, method: string) =>
      `可用餘額低於 ${threshold} 時，以 ${method} 自動儲值 ${credit}。`,
    aCard: '您儲存的卡片',
    month: '本月',
    ofCap: (charged: string, cap: string) => `已儲值 ${charged}，上限 ${cap}`,
    underWay: '扣款處理中。',
    failures: {
      cap_reached: '餘額偏低，但已達本月上限，因此不再扣款。請在下方調高上限，或自行儲值。',
      declined: '連續四次扣款失敗，已關閉。請重新同意並儲存另一張卡片。',
      suspended: '帳號停用，自動儲值已關閉。',
      refund: '此帳號已申請退款或已退款，自動儲值已關閉。',
      limits: '約定的儲值金額已不再提供，自動儲值已關閉。請選擇其他金額。',
      unreconciled: '有一筆付款與訂單不符，自動儲值已關閉，客服正在處理。',
    },
    declined: (reason: string) => `上次扣款失敗：${reason} 請洽詢您的銀行，或改存另一張卡片。`,
    next: '下次嘗試：',
    save: (processor: string) => `前往 ${processor} 儲存卡片`,
    saveOther: (processor: string) => `前往 ${processor} 改存另一張卡片`,
    leaving: '將前往付款服務的頁面，完成後返回；我們不會取得您的卡片資料。',
    off: '關閉自動儲值',
    offHint: '立即生效：之後不再扣款，並刪除已儲存的卡片。',
    change: '變更條件',
    threshold: '可用餘額低於此金額時',
    thresholdHint: '單位為美元，至少 1。',
    credit: '每次儲值金額',
    creditHint: (min: string, max: string) =>
      `${min} 至 ${max}，可輸入到小數第二位。手續費與稅額另計，與一般儲值相同。`,
    cap: '每月儲值上限',
    capHint: '單位為美元，依 UTC 時間按月計算。',
    agree:
      '我同意在每月上限內，由已儲存的卡片自動扣款，無須每次詢問，直到我關閉為止。我可隨時在此關閉並立即生效，每次扣款皆會寄信通知。',
    agreeAndSave: (processor: string) => `同意並前往 ${processor} 儲存卡片`,
    agreeAnew: '同意新條件',
    mayNot: '由擁有者、管理員或帳務人員決定。',
  },
})
