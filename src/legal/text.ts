/** The platform's own documents, as they are until the operator publishes others. `{{platform}}` and the like: `routes.ts`. */
import privacyEn from './text/privacy.en.md' with { type: 'text' }
import privacyZh from './text/privacy.zh-TW.md' with { type: 'text' }
import refundsEn from './text/refunds.en.md' with { type: 'text' }
import refundsZh from './text/refunds.zh-TW.md' with { type: 'text' }
import termsEn from './text/terms.en.md' with { type: 'text' }
import termsZh from './text/terms.zh-TW.md' with { type: 'text' }

const first = { summaryEn: 'The first version.', summaryZh: '第一版。' }

export const texts = {
  terms: { textEn: termsEn, textZh: termsZh, ...first },
  privacy: { textEn: privacyEn, textZh: privacyZh, ...first },
  refunds: { textEn: refundsEn, textZh: refundsZh, ...first },
}

/** What a mail calls them. */
export const titles = {
  terms: { en: 'Terms of Service', 'zh-TW': '服務條款' },
  privacy: { en: 'Privacy Policy', 'zh-TW': '隱私權政策' },
  refunds: { en: 'Refund Policy', 'zh-TW': '退款政策' },
}
