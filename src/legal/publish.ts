/**
 * Publishing a new version of a document [T0.2, TP]. Every user is mailed of a material one, and sees it on every page until she
 * has accepted it; from its effective time on calls are refused without that.
 */
import { and, eq, isNotNull } from 'drizzle-orm'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/error.ts'
import type { Outbox } from '../mail/outbox.ts'
import { user } from '../store/people.ts'
import { must, type Store, storable } from '../store/store.ts'
import { insertDocument, type NewDocument } from './document.ts'
import { titles } from './text.ts'

/** Names that a text may hold in double braces: `routes.ts` fills them in. */
export const placeholders = ['platform', 'company', 'contact', 'jurisdiction'] as const

const mailsPerWrite = 500

interface Publisher {
  store: Store
  outbox: Outbox
  clock: Clock
  forgetKeys(): void
}

/**
 * Answers how many are mailed. `effectiveAt` null: at once. Refuses with `already_exists` a version that is there, and with
 * `invalid_request` a past date or a text that cannot be shown.
 */
export async function publishDocument(
  { store, outbox, clock, forgetKeys }: Publisher,
  given: Omit<NewDocument, 'effectiveAt'> & { effectiveAt: number | null },
): Promise<number> {
  const now = clock.now()
  const document = { ...clean(given), effectiveAt: given.effectiveAt ?? now }
  if (document.effectiveAt < now) {
    throw invalid('effective', 'A version takes effect at once or later, never in the past.')
  }
  const readers = document.material ? await findReaders(store) : []
  const chunks = Array.from({ length: Math.ceil(readers.length / mailsPerWrite) }, (_, at) =>
    readers.slice(at * mailsPerWrite, (at + 1) * mailsPerWrite),
  )
  const [first = [], ...others] = chunks
  const mails = (some: typeof readers) =>
    some.map(({ email, language }) =>
      outbox.queue(store.db, {
        ...{ to: email, language, kind: 'terms_changed', path: '/accept' },
        title: titles[document.kind][language],
        summary: language === 'zh-TW' ? document.summaryZh : document.summaryEn,
        effectiveAt: document.effectiveAt,
      }),
    )
  await store.write((db) => [
    must(insertDocument(db, document, now).onConflictDoNothing(), 'already_exists', {
      param: 'version',
      message: `There is a version ${document.version} of it already. A version never changes.`,
    }),
    ...mails(first),
  ])
  // Whom a crash leaves without a mail, the pages tell.
  for (const some of others) await store.write(() => mails(some))
  forgetKeys()
  return readers.length
}

async function findReaders({ db }: Store) {
  const rows = await db
    .select({ email: user.email, language: user.language })
    .from(user)
    .where(and(eq(user.state, 'active'), isNotNull(user.email)))
  return rows.map(({ email, language }) => ({ email: email ?? '', language }))
}

function clean<D extends Omit<NewDocument, 'effectiveAt'>>(document: D): D {
  if (!/^[\w.-]{1,40}$/.test(document.version)) {
    throw invalid('version', 'A version is a word such as 2027-01-31.')
  }
  for (const name of ['textEn', 'textZh', 'summaryEn', 'summaryZh'] as const) {
    const param = name.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`)
    if (document[name].trim() === '') throw invalid(param, 'Both languages are needed.')
    const [, wrong] =
      /\{\{(?!(?:platform|company|contact|jurisdiction)\}\})(.*?)\}\}/.exec(document[name]) ?? []
    if (wrong !== undefined) {
      throw invalid(param, `{{${wrong}}} is not known. Known are ${placeholders.join(', ')}.`)
    }
  }
  const { textEn, textZh, summaryEn, summaryZh } = document
  return {
    ...document,
    ...{ textEn: storable(textEn), textZh: storable(textZh) },
    ...{ summaryEn: storable(summaryEn), summaryZh: storable(summaryZh) },
  }
}

const invalid = (param: string, message: string) =>
  new AppError('invalid_request', { param, message })
