/**
 * What went wrong and what to do, by the server's code (and its field, where that says more), in the reader's language. The
 * server's own words are English.
 */
import { Refusal } from '../api.ts'
import { words } from '../language.ts'

const en: Record<string, string> = {
  offline:
    'The server was not reached. Check your connection and try again; what you typed is still here.',
  internal_error: 'Something failed on our side. Try again in a moment.',
  invalid_request: 'This is not valid. Check it and try again.',
  'invalid_request.api_key': 'The provider refused this key. Copy it again from its console.',
  'invalid_request.base_url':
    'No provider answers there. Check the address; one in your own network must be allowed.',
  'invalid_request.models':
    'No price list names a model of this provider. Write a model and its price below.',
  'invalid_request.public_url': 'Enter an address such as https://ai.example.com, without a path.',
  'invalid_request.ends_at': 'It must end in the future, after it begins.',
  'invalid_request.tax_id': 'That is no tax ID of the account’s country. Check it digit by digit.',
  invalid_email: 'Enter an e-mail address such as ann@example.com.',
  email_taken: 'That address is in use already. Use another one.',
  weak_password: 'Use at least 10 characters that are no well-known password.',
  wrong_password: 'The address or the password is wrong.',
  wrong_code: 'That code is wrong or was used already. Enter the current one.',
  not_affirmed: 'Confirm this to go on.',
  captcha_failed: 'The check against robots failed. Reload the page and try again.',
  invalid_link: 'This link is wrong, expired or was used already. Ask for a new one.',
  last_owner: 'An account needs an owner. Make someone else an owner first.',
  login_elsewhere_failed:
    'The other service did not confirm who you are. Try again, or log in another way.',
  session_required: 'Your session has ended. Log in again.',
  recent_login_required: 'Confirm who you are again.',
  role_not_allowed: 'Your role in this account does not allow that. Ask an owner or admin.',
  admin_factor_required:
    'Admins need a second factor here. Set one up in your settings, then come back.',
  'last_owner.role': 'The platform needs an owner. Make someone else an owner first.',
  user_suspended: 'This user is suspended. Contact support.',
  account_suspended: 'This account is suspended. Contact support.',
  account_closed: 'This account is closed.',
  email_unverified: 'Confirm your e-mail address first: follow the link in the mail.',
  terms_not_accepted: 'The terms have changed. Accept them to go on.',
  too_many_attempts: 'Too many attempts. Wait a few minutes, then try again.',
  rate_limit_exceeded: 'Too many requests. Wait a moment, then try again.',
  already_exists: 'That exists already.',
  not_found: 'That does not exist, or not any more.',
  invalid_voucher:
    'This code is wrong, was used, has expired, or this account has had as many as it may. Check it letter by letter.',
  'invalid_request.expires_at': 'Choose a day in the future.',
  invalid_amount: 'Enter an amount in dollars such as 12.50.',
  'invalid_amount.credit': 'Choose an amount within the limits, in whole cents.',
  'invalid_amount.threshold': 'Choose at least 1, and no more than one order may have.',
  'invalid_amount.monthly_cap': 'A month’s cap is at least what is charged at once.',
  'invalid_amount.amount': 'An order is credited for its exact total only. Compare the amounts.',
  'invalid_amount.presets': 'The amounts must lie between the least and the most, in whole cents.',
  'invalid_amount.taxes': 'Write percentages such as 5 or 2.75.',
  'invalid_request.taxes': 'Write a country code and a percentage on each line, such as “TW 5”.',
  payment_unavailable:
    'The payment service does not answer. Nothing was charged; try again in a few minutes.',
  not_refundable:
    'That much cannot go back: it was spent, is held by calls, was paid back already, or is less than a cent.',
  changed_meanwhile: 'This has changed meanwhile. Look at it again, then decide.',
  insufficient_credits: 'The balance does not cover this. Add credit.',
  storage_unavailable: 'Nothing can be saved right now. Try again shortly.',
  typed_wrong: 'Type it exactly as it is shown.',
  passkey_failed: 'No passkey was used. Try again.',
  foreign_origin: 'Open this page at its own address and try again.',
  link_needed:
    'That address has an account here already. Log in to it, then link the other service in your settings.',
  invitation_for_other: 'This invitation is for another address. Log in with the invited one.',
  model_not_found: 'That model is not sold here, or not any more. Choose one from the list.',
  overloaded: 'No provider of this model is available right now. Try again shortly.',
  shutting_down: 'This server is restarting. Try again in a moment.',
}
const zhTW: Record<keyof typeof en, string> = {
  offline: '無法連線到伺服器。請檢查網路後再試一次；您輸入的內容仍保留。',
  internal_error: '系統發生問題，請稍後再試。',
  invalid_request: '內容不正確，請檢查後再試一次。',
  'invalid_request.api_key': '供應商拒絕此金鑰，請從其主控台重新複製。',
  'invalid_request.base_url': '該網址沒有供應商回應。請檢查網址；若在內部網路，須勾選允許。',
  'invalid_request.models': '價格表上沒有此供應商的模型。請在下方填寫模型與價格。',
  'invalid_request.public_url': '請輸入如 https://ai.example.com 的網址，不含路徑。',
  'invalid_request.ends_at': '結束時間須晚於開始時間，且在未來。',
  'invalid_request.tax_id': '不是此帳號所在國家的統一編號或稅籍編號，請逐字核對。',
  invalid_email: '請輸入電子郵件地址，例如 ann@example.com。',
  email_taken: '這個地址已被使用，請改用其他地址。',
  weak_password: '密碼至少 10 個字元，且不可為常見密碼。',
  wrong_password: '電子郵件地址或密碼不正確。',
  wrong_code: '驗證碼不正確或已使用過，請輸入目前的驗證碼。',
  not_affirmed: '請勾選確認後繼續。',
  captcha_failed: '機器人檢查未通過，請重新載入頁面再試一次。',
  invalid_link: '連結不正確、已過期或已使用過，請重新索取。',
  last_owner: '帳號必須有一位擁有者，請先指定其他擁有者。',
  login_elsewhere_failed: '對方服務未能確認您的身分，請再試一次或改用其他方式登入。',
  session_required: '登入已失效，請重新登入。',
  recent_login_required: '請再次確認您的身分。',
  role_not_allowed: '您在此帳號的角色沒有這項權限，請洽擁有者或管理員。',
  admin_factor_required: '管理者在此需要第二重驗證。請到個人設定啟用後再回來。',
  'last_owner.role': '平台必須有一位擁有者，請先指定其他擁有者。',
  user_suspended: '此使用者已停用，請聯絡客服。',
  account_suspended: '此帳號已停用，請聯絡客服。',
  account_closed: '此帳號已關閉。',
  email_unverified: '請先確認電子郵件地址：點選信中的連結。',
  terms_not_accepted: '條款已更新，請同意後繼續。',
  too_many_attempts: '嘗試次數過多，請等幾分鐘再試。',
  rate_limit_exceeded: '請求過多，請稍候再試。',
  already_exists: '已經存在。',
  not_found: '不存在或已被移除。',
  invalid_voucher: '此兌換碼不正確、已使用、已到期，或此帳號已達兌換次數上限。請逐字檢查。',
  'invalid_request.expires_at': '請選擇未來的日期。',
  invalid_amount: '請輸入美元金額，例如 12.50。',
  'invalid_amount.credit': '請選擇上下限之內的金額，最小單位為一美分。',
  'invalid_amount.threshold': '請輸入至少 1，且不超過單筆儲值上限。',
  'invalid_amount.monthly_cap': '每月上限不得低於單次儲值金額。',
  'invalid_amount.amount': '入帳金額須與訂單總額完全相符，請再核對。',
  'invalid_amount.presets': '金額須介於上下限之間，最小單位為一美分。',
  'invalid_amount.taxes': '請填寫百分比，例如 5 或 2.75。',
  'invalid_request.taxes': '請於每行填寫國家代碼與百分比，例如「TW 5」。',
  payment_unavailable: '付款服務沒有回應，沒有收取任何款項。請於幾分鐘後再試。',
  not_refundable: '無法退還這個金額：已使用、正由呼叫保留、已退款，或不足一美分。',
  changed_meanwhile: '內容已變更，請重新確認後再決定。',
  insufficient_credits: '餘額不足，請儲值。',
  storage_unavailable: '目前無法儲存，請稍後再試。',
  typed_wrong: '請完整輸入所顯示的文字。',
  passkey_failed: '未使用通行金鑰，請再試一次。',
  foreign_origin: '請在本站網址開啟此頁後再試一次。',
  link_needed: '該地址在此已有帳號。請先登入，再到設定中連結其他服務。',
  invitation_for_other: '這份邀請屬於其他地址，請以受邀地址登入。',
  model_not_found: '此模型未販售或已下架，請從列表中選擇。',
  overloaded: '目前沒有可用的供應商，請稍候再試。',
  shutting_down: '伺服器正在重新啟動，請稍候再試。',
}
const table = words({ en, 'zh-TW': zhTW })

/** A sentence for whatever was thrown. A code without words of its own is told in the server's. */
export function refusalWords(cause: unknown): string {
  const told = table()
  if (!(cause instanceof Refusal)) return told.internal_error ?? ''
  const { code, param } = cause
  return told[`${code}.${param}`] ?? told[code] ?? (cause.message || (told.internal_error ?? ''))
}
