/** The words of the start page. */
import { words } from '../language.ts'

export const home = words({
  en: {
    title: 'One API for every model',
    lead: 'One OpenAI-compatible endpoint to OpenAI, Anthropic and other providers. Change the base URL and the key; your program stays as it is.',
    start: 'Start now',
    dashboard: 'To the dashboard',
    seeModels: 'Models and prices',
    baseUrl: 'Base URL',
    first: 'A first call',
    reasons: [
      [
        'Every cent explained',
        'Each call shows its tokens, the price version and the transfer that paid it.',
      ],
      [
        'Pre-paid, no surprises',
        'A call starts only when the balance covers it. Nothing recharges unless you switch it on.',
      ],
      [
        'Your content stays yours',
        'Prompts and answers are not stored or used for training unless you say so.',
      ],
      ['Measured, not promised', 'Latency and uptime come from real calls of the last 24 hours.'],
    ],
  },
  'zh-TW': {
    title: '一個 API，所有模型',
    lead: '一個與 OpenAI 相容的端點，連接 OpenAI、Anthropic 等供應商。只要更換 Base URL 與金鑰，程式不必修改。',
    start: '立即開始',
    dashboard: '前往控制台',
    seeModels: '模型與價格',
    baseUrl: 'Base URL',
    first: '第一個請求',
    reasons: [
      ['每一分錢都說得清楚', '每次請求都列出 tokens、價格版本，以及付款的帳目。'],
      ['預付制，沒有意外', '餘額足夠才會開始請求；除非您開啟，否則不會自動儲值。'],
      ['您的內容屬於您', '除非您同意，提示與回答不會被保存，也不會用於訓練。'],
      ['實測數據，不空口承諾', '延遲與可用率來自最近 24 小時的真實請求。'],
    ],
  },
})
