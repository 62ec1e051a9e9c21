/** The words around the guides; the guides themselves are in `docs/`. */
import { words } from '../language.ts'

export const docs = words({
  en: {
    guides: 'Guides',
    titles: {
      quickstart: 'Quickstart',
      clients: 'Clients and tools',
      errors: 'Errors',
      billing: 'What a call costs',
      webhooks: 'Webhooks',
      operating: 'Running it yourself',
      reliability: 'Reliability',
      security: 'Security',
      asvs: 'OWASP ASVS',
    },
    reference: 'API reference',
  },
  'zh-TW': {
    guides: '使用指南',
    titles: {
      quickstart: '快速開始',
      clients: '用戶端與工具',
      errors: '錯誤',
      billing: '費用如何計算',
      webhooks: 'Webhook',
      operating: '自行架設',
      reliability: '可靠性',
      security: '安全性',
      asvs: 'OWASP ASVS',
    },
    reference: 'API 參考',
  },
})
