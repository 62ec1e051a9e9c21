/** The words around legal documents. */
import { words } from '../language.ts'

export const legal = words({
  en: {
    inForce: (version: string, day: string) => `Version ${version}, in force from ${day}`,
    text: 'The text',
    changes: (previous: string) => `What changed since version ${previous}`,
    versions: 'All versions',
    version: 'Version',
    from: 'In force from',
    summary: 'What is new',
    same: 'The text has not changed.',
    removed: 'removed:',
    added: 'added:',
  },
  'zh-TW': {
    inForce: (version: string, day: string) => `版本 ${version}，${day} 生效`,
    text: '全文',
    changes: (previous: string) => `與版本 ${previous} 的差異`,
    versions: '所有版本',
    version: '版本',
    from: '生效日',
    summary: '更新內容',
    same: '內容沒有變更。',
    removed: '刪除：',
    added: '新增：',
  },
})
