/** The words of the status page. */
import { words } from '../language.ts'

export const status = words({
  en: {
    title: 'Status',
    states: { ok: 'The API works', degraded: 'Many calls fail at the moment' },
    lead: 'Measured from the calls of the last 24 hours through this platform, at most a minute old.',
    hours: 'Calls by hour',
    hour: 'Hour',
    calls: 'Calls',
    failures: 'Failed',
    models: 'By model',
    model: 'Model',
    uptime: 'Uptime',
    firstToken: 'First token, median',
    rest: (count: string) => `Models without a call: ${count}`,
    empty: 'No models are sold here yet.',
    toDocs: 'Read the docs',
    hourTold: (hour: string, calls: string, failures: string) =>
      `${hour}: calls ${calls}, failed ${failures}`,
    noIncidents: 'No hour of these in which many calls failed.',
    incidents: 'Hours in which many calls failed:',
    again: 'Look again',
    table: 'As a table',
  },
  'zh-TW': {
    title: '服務狀態',
    states: { ok: 'API 運作正常', degraded: '目前有許多請求失敗' },
    lead: '依最近 24 小時經由本平台的請求實測，資料最多一分鐘前。',
    hours: '每小時請求數',
    hour: '時間',
    calls: '請求數',
    failures: '失敗',
    models: '各模型',
    model: '模型',
    uptime: '可用率',
    firstToken: '首個 token 中位數',
    rest: (count: string) => `沒有請求的模型：${count}`,
    empty: '目前還沒有販售任何模型。',
    toDocs: '閱讀文件',
    hourTold: (hour: string, calls: string, failures: string) =>
      `${hour}：${calls} 次請求，${failures} 次失敗`,
    noIncidents: '這段期間沒有大量請求失敗的時段。',
    incidents: '大量請求失敗的時段：',
    again: '重新整理',
    table: '以表格檢視',
  },
})
