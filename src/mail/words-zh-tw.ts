/** What mails say, in Traditional Chinese. */
import type { MailWords } from './words-en.ts'
import { chooseZhTw as choose, modelsZhTw } from './words-models.ts'
import { rechargeZhTw } from './words-recharge.ts'

const notYou = '如果不是您本人，請變更密碼，並於設定中檢查登入狀態。'
const ignore = '如果不是您提出的，請忽略此信，不會有任何變更。'
const time = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

const said = (kind: string, { title, text }: { title: string; text: string }) => ({
  ...{
    subject: `${kind}：${title}`,
    lines: text.split(/\n\s*\n/),
    button: '服務狀態',
    after: [choose],
  },
})

export const zhTW: MailWords = {
  hello: '您好：',
  foot: (platform) => `此信由 ${platform} 因您的帳號而寄出。`,
  orCopy: '或將此網址貼到瀏覽器：',
  say: {
    verify: () => ({
      subject: '請確認您的電子郵件地址',
      lines: ['請確認此地址為您所有，確認後即可開始使用 API。'],
      button: '確認地址',
      after: ['連結 24 小時內有效，僅能使用一次。', ignore],
    }),
    already_registered: () => ({
      subject: '您已經註冊過了',
      lines: ['有人（可能是您）嘗試使用此地址，但它已有使用者。請直接登入，或在登入頁重設密碼。'],
      button: '登入',
      after: [ignore],
    }),
    reset: () => ({
      subject: '設定新密碼',
      lines: ['有人（可能是您）要求設定新密碼。'],
      button: '設定新密碼',
      after: ['連結一小時內有效，僅能使用一次。所有登入將會失效。', ignore],
    }),
    change_address: () => ({
      subject: '請確認您的新電子郵件地址',
      lines: ['請確認這是您的新地址。'],
      button: '確認新地址',
      after: ['連結 24 小時內有效，僅能使用一次。', ignore],
    }),
    address_changed: ({ newAddress }) => ({
      subject: '您的電子郵件地址已變更',
      lines: [`您的地址現為 ${newAddress}，此地址不再使用。`, '如果不是您本人，請立即聯絡客服。'],
    }),
    password_changed: () => ({
      subject: '您的密碼已變更',
      lines: ['您的密碼已變更，其他登入已失效。', '如果不是您本人，請立即設定新密碼。'],
    }),
    new_login: ({ agent, address, at }) => ({
      subject: '新的登入',
      lines: [`您於 ${time(at)} 從 ${address} 登入${agent ? `，使用 ${agent}` : ''}。`, notYou],
    }),
    second_factor_on: () => ({
      subject: '已開啟兩步驟驗證',
      lines: ['之後登入時會要求驗證碼。', notYou],
    }),
    second_factor_off: () => ({
      subject: '已關閉兩步驟驗證',
      lines: ['現在僅需密碼即可登入。', notYou],
    }),
    recovery_code_used: () => ({
      subject: '已使用一組復原碼',
      lines: ['您的一組復原碼已使用，無法再次使用。', notYou],
    }),
    login_linked: ({ provider }) => ({
      subject: `已連結 ${provider} 登入`,
      lines: [`您現在可以用 ${provider} 登入。`, notYou],
    }),
    login_unlinked: ({ provider }) => ({
      subject: `已移除 ${provider} 登入`,
      lines: [`${provider} 無法再用來登入。`, notYou],
    }),
    passkey_added: ({ name }) => ({
      subject: '已新增通行密鑰',
      lines: [`通行密鑰「${name}」現在可以登入。`, notYou],
    }),
    passkey_removed: ({ name }) => ({
      subject: '已移除通行密鑰',
      lines: [`通行密鑰「${name}」無法再登入。`, notYou],
    }),
    key_created: ({ keyName, suffix, accountName }) => ({
      subject: '已建立 API 金鑰',
      lines: [
        `已在 ${accountName} 建立金鑰「${keyName}」（sk-kk-…${suffix}）。`,
        '如果不是您帳號的成員建立的，請於控制台撤銷。',
      ],
    }),
    invitation: ({ accountName, inviter, role }) => ({
      subject: `${inviter} 邀請您加入 ${accountName}`,
      lines: [`${inviter} 邀請您加入帳號 ${accountName}，角色為 ${role}。`],
      button: '查看邀請',
      after: ['連結七天內有效，僅能由此地址使用一次。'],
    }),
    account_suspended: ({ accountName, reason }) => ({
      subject: `帳號 ${accountName} 已停用`,
      lines: [`${accountName} 的請求會被拒絕。原因：${reason}`, '餘額仍予保留，請聯絡客服。'],
    }),
    account_reinstated: ({ accountName, reason }) => ({
      subject: `帳號 ${accountName} 已恢復`,
      lines: [`${accountName} 的請求已恢復受理。原因：${reason}`],
    }),
    account_closed: ({ accountName, refund }) => ({
      subject: `帳號 ${accountName} 已關閉`,
      lines: [
        '金鑰已失效，個人資料已移除；帳務紀錄依法保存。',
        ...(refund ? [`已申請退款 ${refund} 美元，我們會再與您聯絡。`] : []),
      ],
    }),
    account_terminated: ({ accountName, reason, refund }) => ({
      subject: `帳號 ${accountName} 已終止`,
      lines: [
        `我們已終止 ${accountName}。原因：${reason}`,
        '金鑰已失效，個人資料已移除；帳務紀錄依法保存。',
        ...(refund ? [`將退還 ${refund} 美元，我們會再與您聯絡。`] : []),
      ],
    }),
    user_suspended: ({ reason }, platform) => ({
      subject: `您在 ${platform} 的登入已停用`,
      lines: [`在問題解決之前您無法登入。原因：${reason}`, '請聯絡客服。'],
    }),
    user_reinstated: ({ reason }, platform) => ({
      subject: `您在 ${platform} 的登入已恢復`,
      lines: [`您可以再次登入。原因：${reason}`],
    }),
    terms_changed: ({ title, summary, effectiveAt }, platform) => ({
      subject: `${platform} 的${title}將變更`,
      lines: [
        `新版本將於 ${time(effectiveAt)} 生效。`,
        summary,
        '生效後，須同意新版本，請求才會被受理。',
      ],
      button: '閱讀並同意',
    }),
    low_balance: ({ accountName, balance, days, test }) => ({
      subject: `${test ? '[測試] ' : ''}${accountName} 的餘額不足`,
      lines: [
        ...(test ? ['這是從帳務頁面寄出的測試信，餘額其實並不低。'] : []),
        `餘額為 ${balance} 美元，用完後請求會被拒絕。`,
        ...(days === null
          ? []
          : [`依最近一週的用量，${days === 0 ? '不到一天就會用完' : `約可使用 ${days} 天`}。`]),
      ],
      button: '查看餘額',
      after: [choose],
    }),
    credit_expires: ({ accountName, amount, at }) => ({
      subject: `${accountName} 的贈送額度即將到期`,
      lines: [
        `尚有 ${amount} 美元的贈送額度將在一週內到期，最早於 ${time(at)} 到期。請求會優先使用這些額度。`,
      ],
      button: '查看餘額',
      after: [choose],
    }),
    key_budget: ({ keyName, percent, limit }) => ({
      subject:
        percent === 100 ? `金鑰「${keyName}」已達上限` : `金鑰「${keyName}」已使用上限的 80%`,
      lines: [
        `上限為 ${limit} 美元。`,
        ...(percent === 100 ? ['調高上限或重設之前，此金鑰的請求會被拒絕。'] : []),
      ],
      button: '查看金鑰',
      after: [choose],
    }),
    ...modelsZhTw,
    announcement: (letter) => said('公告', letter),
    maintenance: (letter) => said('維護通知', letter),
    topup_paid: ({ accountName, credit, total }) => ({
      subject: `${accountName} 已儲值 ${credit} USD`,
      lines: [`我們已收到 ${total}，${accountName} 的餘額已增加 ${credit} USD。`],
      button: '查看訂單與收據',
    }),
    topup_failed: ({ accountName, credit, total }) => ({
      subject: `${accountName} 的付款失敗`,
      lines: [
        `儲值 ${credit} USD 的付款（${total}）未成功，餘額沒有變動。`,
        '請改用其他方式付款，或洽詢您的銀行。',
      ],
      button: '重新付款',
    }),
    dispute_opened: ({ accountName, amount }) => ({
      subject: `${accountName} 的一筆付款有爭議`,
      lines: [
        `付款人透過銀行取回了一筆款項，餘額已扣除 ${amount} USD；爭議結束前，${accountName} 的請求會被拒絕。`,
        '如為誤會，請向銀行撤回爭議，再聯絡客服。',
      ],
      button: '查看付款',
    }),
    dispute_closed: ({ accountName, amount, won }) => ({
      subject: `${accountName} 的付款爭議已結束`,
      lines: [
        won
          ? `銀行判定款項歸我們所有，${amount} USD 已加回餘額。`
          : `款項已被銀行取回，${amount} USD 不再加回，${accountName} 仍為停用狀態。請聯絡客服。`,
      ],
      button: '查看付款',
    }),
    ...rechargeZhTw,
    refund_asked: ({ accountName, amount }) => ({
      subject: `${accountName} 已申請退款`,
      lines: [
        `${accountName} 已申請退還 ${amount} USD 的額度。這筆金額已先保留，無法使用。我們會在 14 天內審核並寄信通知您。`,
        '如果不是貴帳號的成員申請的，請到帳務頁面，點選該筆儲值的「退款」撤回，並聯絡客服。',
      ],
      button: '查看退款',
    }),
    refund_approved: ({ accountName, amount, total, reason }) => ({
      subject: `${accountName} 的退款已核准`,
      lines: [
        `將退還 ${amount} USD 的額度：${total} 會依原付款方式退回。`,
        ...(reason === '' ? [] : [reason]),
      ],
      button: '查看退款',
    }),
    refund_paid: ({ accountName, amount, total }) => ({
      subject: `${accountName} 的退款已完成`,
      lines: [`已退回 ${total}（${amount} USD 的額度）。款項可能需要幾天才會顯示在您的帳戶。`],
      button: '查看退款',
    }),
    refund_refused: ({ accountName, amount, reason }) => ({
      subject: `${accountName} 的退款未核准`,
      lines: [
        `${accountName} 退還 ${amount} USD 額度的申請未核准。原因：${reason}`,
        '保留的金額已回到餘額。',
      ],
      button: '查看退款',
    }),
  },
}
