/** The words of the start page. */
import { words } from '../language.ts'

export const home = words({
  en: {
    title: 'One API for every model',
    lead: 'One OpenAI-compatible endpoint to many providers. Calls are metered exactly and paid from pre-paid credit.',
    baseUrl: 'Base URL',
    first: 'A first call',
  },
  'zh-TW': {
    title: '一個 API，所有模型',
    lead: '一個與 OpenAI 相容的端點，連接多家供應商。用量精確計量，由預付額度支付。',
    baseUrl: 'Base URL',
    first: '第一個請求',
  },
})
