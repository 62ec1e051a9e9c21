/** The words of the overview. */
import { words } from '../language.ts'

export const overview = words({
  en: {
    title: 'Overview',
    balance: 'Balance',
    held: (amount: string) =>
      `${amount} of it is held for calls under way or set aside for refunds`,
    runway: (days: number) =>
      days > 365
        ? 'Lasts over a year at the pace of the last week'
        : `Lasts about ${days} ${days === 1 ? 'day' : 'days'} at the pace of the last week`,
    noRunway: 'No spending in the last week',
    spend: 'Spend today',
    addCredit: 'Add credit',
    yesterday: (amount: string) => `${amount} yesterday by this time`,
    requests: 'Requests in 24 hours',
    errors: (share: string) => `${share} failed`,
    tokens: 'Tokens in 24 hours',
    chart: 'Spend in 30 days, by model',
    noUsage: 'Nothing spent in 30 days.',
    firstCall: 'Make a first call',
    last: 'Last requests',
    allRequests: 'All requests',
    model: 'Model',
    time: 'Time',
    cost: 'Cost',
    outcome: 'Outcome',
    steps: 'Go on with the first steps',
    look: 'Look at it',
    notices: {
      negative_balance: () => 'The balance is negative: calls are refused until credit is added.',
      low_balance: () =>
        'The balance is low, or lasts less than three days. Calls are refused when it is used up.',
      key_limit: (key: string) => `The key “${key}” has spent 80% of its limit or more.`,
      key_expires: (key: string, at: string) => `The key “${key}” expires ${at}.`,
      price_rise: (model: string, at: string) => `Prices of ${model} rise ${at}.`,
      model_retires: (model: string, at: string) =>
        `${model} is retired ${at}. Move to another model before.`,
    } as Record<string, (subject: string, at: string) => string>,
  },
  'zh-TW': {
    title: '總覽',
    balance: '餘額',
    held: (amount: string) => `其中 ${amount} 由進行中的請求或退款保留`,
    runway: (days: number) =>
      days > 365 ? '依最近一週用量可使用超過一年' : `依最近一週用量約可使用 ${days} 天`,
    noRunway: '最近一週沒有花費',
    spend: '今日花費',
    addCredit: '儲值',
    yesterday: (amount: string) => `昨日此時 ${amount}`,
    requests: '24 小時請求數',
    errors: (share: string) => `失敗 ${share}`,
    tokens: '24 小時 token 數',
    chart: '30 天花費（依模型）',
    noUsage: '30 天內沒有花費。',
    firstCall: '送出第一個請求',
    last: '最近的請求',
    allRequests: '所有請求',
    model: '模型',
    time: '時間',
    cost: '費用',
    outcome: '結果',
    steps: '繼續完成開始步驟',
    look: '查看',
    notices: {
      negative_balance: () => '餘額為負數，請求會被拒絕，儲值補足後恢復。',
      low_balance: () => '餘額偏低，或三天內會用完。用完後請求會被拒絕，請儲值。',
      key_limit: (key: string) => `金鑰「${key}」已使用上限的 80% 以上。`,
      key_expires: (key: string, at: string) => `金鑰「${key}」將於 ${at} 到期。`,
      price_rise: (model: string, at: string) => `${model} 將於 ${at} 調漲。`,
      model_retires: (model: string, at: string) =>
        `${model} 將於 ${at} 停止服務，請先改用其他模型。`,
    },
  },
})
