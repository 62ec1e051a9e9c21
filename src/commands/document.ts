/** `kkai document …`: the terms, the privacy policy and the refund policy, by version. */
import { and, asc, eq } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { type DocumentRow, documentKinds, seedDocuments } from '../legal/document.ts'
import { publishDocument } from '../legal/publish.ts'
import { document } from '../store/people.ts'
import { dataCommand } from './command.ts'
import { readChoice, readFuture, readText } from './value.ts'

const languages = ['en', 'zh-TW'] as const

const show = ({ kind, version, material, effectiveAt, publishedBy, ...row }: DocumentRow) => ({
  ...{ kind, version, material, effective_at: new Date(effectiveAt).toISOString() },
  ...{ published_by: publishedBy, summary: { en: row.summaryEn, 'zh-TW': row.summaryZh } },
})

export const documentList = dataCommand<
  Record<string, never>,
  { documents: ReturnType<typeof show>[] }
>({
  name: 'document list',
  about: 'List every version of the documents that customers accept.',
  examples: ['kkai document list', 'kkai document list --json'],
  changes: false,
  run: async ({ store, clock }) => {
    await seedDocuments(store, clock.now())
    const rows = store.db.select().from(document)
    const sorted = await rows.orderBy(asc(document.kind), asc(document.effectiveAt))
    return { documents: sorted.map(show) }
  },
  describe: ({ documents }) =>
    documents
      .map(({ kind, version, effective_at, material, summary }) =>
        [
          kind.padEnd(7),
          version,
          effective_at,
          material ? 'material' : '        ',
          summary.en,
        ].join('  '),
      )
      .join('\n'),
})

export const documentShow = dataCommand<
  { kind: string; version: string; language?: string },
  ReturnType<typeof show> & { text: string }
>({
  name: 'document show',
  about: 'Show the text of a version, with its placeholders: to edit the next one from.',
  arguments: ['<kind>', '<version>'],
  options: [{ flags: '--language <name>', about: `${languages.join(' or ')} (default: en)` }],
  examples: ['kkai document show terms 2026-03-10 > terms.en.md'],
  changes: false,
  run: async ({ store, clock }, { kind, version, language = 'en' }) => {
    await seedDocuments(store, clock.now())
    const meant = and(
      eq(document.kind, readChoice(kind, 'kind', documentKinds)),
      eq(document.version, version),
    )
    const [row] = await store.db.select().from(document).where(meant)
    if (!row) {
      throw new AppError('not_found', {
        message: `There is no version ${version} of ${kind}. kkai document list shows them.`,
      })
    }
    const english = readChoice(language, 'language', languages) === 'en'
    return { ...show(row), text: english ? row.textEn : row.textZh }
  },
  describe: ({ text }) => text.trimEnd(),
})

interface Given {
  kind: string
  version: string
  en: string
  zh: string
  summaryEn: string
  summaryZh: string
  effective?: string
  now?: string
  material?: string
}

export const documentPublish = dataCommand<
  Given & Record<string, string>,
  { kind: string; version: string; effective_at: string; mailed: number }
>({
  name: 'document publish',
  about:
    'Publish a new version of terms, privacy or refunds; a material one is mailed to every user.',
  arguments: ['<kind>', '<version>'],
  options: [
    { flags: '--en <file>', about: 'its text in English (Markdown)', needed: true },
    { flags: '--zh <file>', about: 'its text in Traditional Chinese', needed: true },
    { flags: '--summary-en <text>', about: 'what changes, in a sentence', needed: true },
    { flags: '--summary-zh <text>', about: 'the same in Traditional Chinese', needed: true },
    { flags: '--effective <time>', about: 'when it takes effect, such as 2027-01-31' },
    { flags: '--now', about: 'it takes effect at once' },
    {
      flags: '--material',
      about: 'users must accept it: without that their calls are then refused',
    },
  ],
  examples: [
    'kkai document publish terms 2027-01-31 --en terms.en.md --zh terms.zh.md --summary-en "…" --summary-zh "…" --effective 2027-01-31 --material',
  ],
  details: 'A text may hold {{platform}}, {{company}}, {{contact}} and {{jurisdiction}}.',
  changes: true,
  prepare: async (values) => ({
    ...values,
    en: await readText(values.en),
    zh: await readText(values.zh),
  }),
  run: async (parts, { kind, version, en, zh, summaryEn, summaryZh, ...when }) => {
    const now = parts.clock.now()
    if ((when.effective === undefined) === (when.now === undefined)) {
      throw new AppError('invalid_request', {
        param: 'effective',
        message: 'Say either --effective with a time, or --now.',
      })
    }
    await seedDocuments(parts.store, now)
    const effectiveAt = when.effective ? readFuture(when.effective, 'effective', now) : null
    const facts = {
      ...{ kind: readChoice(kind, 'kind', documentKinds), version, summaryEn, summaryZh },
      ...{ textEn: en, textZh: zh, material: when.material !== undefined },
    }
    const mailed = await publishDocument(parts, { ...facts, effectiveAt, publishedBy: 'command' })
    return { kind, version, effective_at: new Date(effectiveAt ?? now).toISOString(), mailed }
  },
  describe: ({ kind, version, effective_at, mailed }) =>
    `${kind} ${version} takes effect at ${effective_at}; ${mailed} users are mailed.`,
})
