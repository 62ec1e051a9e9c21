/** 繁體中文（臺灣用語）。 */
import type { Words } from './en.ts'

export const zhTW: Words = {
  title: 'KKCompany AI Platform',
  lead: '一個相容 OpenAI 的端點，通往多家供應商。每次呼叫精確計量，從預付額度扣款。',
  baseUrl: '基底網址',
  first: '第一次呼叫',
  needsKey: '使用本站管理者發給你的金鑰：',
  reference: 'API 文件',
  document: 'OpenAPI 文件',
  health: '服務狀態',
  language: 'English',
}
