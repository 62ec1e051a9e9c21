/** The words of charts. */
import { words } from '../language.ts'

export const chartWords = words({
  en: {
    table: 'The same as a table',
    total: 'Total',
    time: 'Time',
    others: 'Others',
    only: (name: string) => `Show only ${name}`,
  },
  'zh-TW': {
    table: '以表格檢視',
    total: '合計',
    time: '時間',
    others: '其他',
    only: (name: string) => `只顯示${name}`,
  },
})
