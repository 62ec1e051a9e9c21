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
  const mails = (from: number) =>
    readers.slice(from, from + mailsPerWrite).map(({ email, language }) =>
      outbox.queue(store.db, {
        ...{ to: email, language, kind: 'terms_changed', path: '/accept' },
        title: titles[document.kind][language],
        summary: language === 'en' ? document.summaryEn : document.summaryZh,
        effectiveAt: document.effectiveAt,
      }),
    )
  await store.write((db) => [
    must(insertDocument(db, document, now).onConflictDoNothing(), 'already_exists', {
      param: 'version',
      message: `There is a version ${document.version} of it already. A version never changes.`,
    }),
    ...mails(0),
  ])
  // Whom a crash leaves without a mail, the pages tell.
  for (let from = mailsPerWrite; from < readers.length; from += mailsPerWrite) {
    await store.write(() => mails(from))
  }
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

/** The document as both databases keep it. */
function clean<D extends Omit<NewDocument, 'effectiveAt'>>(document: D): D {
  if (!/^[\w.-]{1,40}$/.test(document.version)) {
    throw invalid('version', 'A version is a word such as 2027-01-31.')
  }
  const { textEn, textZh, summaryEn, summaryZh } = document
  return {
    ...document,
    ...{ textEn: cleanText('text_en', textEn), textZh: cleanText('text_zh', textZh) },
    summaryEn: cleanText('summary_en', summaryEn),
    summaryZh: cleanText('summary_zh', summaryZh),
  }
}

function cleanText(param: string, text: string): string {
  if (text.trim() === '') throw invalid(param, 'Both languages are needed.')
  for (const [whole, name] of text.matchAll(/\{\{(.*?)\}\}/g)) {
    if ((placeholders as readonly (string | undefined)[]).includes(name)) continue
    throw invalid(param, `${whole} is not known. Known are ${placeholders.join(', ')}.`)
  }
  return storable(text)
}

const invalid = (param: string, message: string) =>
  new AppError('invalid_request', { param, message })
