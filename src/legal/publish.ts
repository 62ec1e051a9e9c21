/**
 * Publishing a new version of a document [T0.2, TP]. Every user is mailed of a material one, and sees it on every page until she
 * has accepted it; from its effective time on calls are refused without that.
 */
import { and, eq, isNotNull } from 'drizzle-orm'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/error.ts'
import type { Outbox } from '../mail/outbox.ts'
import { document, user } from '../store/people.ts'
import { type Store, storable } from '../store/store.ts'
import { type DocumentRow, insertDocument, type NewDocument } from './document.ts'
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
 * Answers how many are mailed. `effectiveAt` null: at once. What a crash left half mailed is finished by publishing the same
 * again: nobody gets it twice. Refuses with `already_exists` another text of a version that is there, and with
 * `invalid_request` a past date or a text that cannot be shown.
 */
export async function publishDocument(
  { store, outbox, clock, forgetKeys }: Publisher,
  given: Omit<NewDocument, 'effectiveAt'> & { effectiveAt: number | null },
): Promise<number> {
  const now = clock.now()
  const wanted = { ...clean(given), effectiveAt: given.effectiveAt ?? now }
  if (wanted.effectiveAt < now) {
    throw invalid('effective_at', 'A version takes effect at once or later, never in the past.')
  }
  await store.write((db) => [insertDocument(db, wanted, now).onConflictDoNothing()])
  const published = await readPublished(store, wanted)
  forgetKeys()
  const readers = published.material ? await findReaders(store) : []
  for (let from = 0; from < readers.length; from += mailsPerWrite) {
    await store.write((db) =>
      readers.slice(from, from + mailsPerWrite).map(({ id, email, language }) =>
        outbox.queue(
          db,
          {
            ...{ to: email ?? '', language, kind: 'terms_changed', path: '/accept' },
            title: titles[published.kind][language],
            summary: language === 'en' ? published.summaryEn : published.summaryZh,
            effectiveAt: published.effectiveAt,
          },
          `${published.id}:${id}`,
        ),
      ),
    )
  }
  return readers.length
}

/** The version as it is in the database; that must be what is wanted, since a version never changes. */
async function readPublished({ db }: Store, wanted: NewDocument): Promise<DocumentRow> {
  const { effectiveAt: _, publishedBy: __, ...same } = wanted
  const facts = Object.entries(same) as [keyof typeof same, string | boolean][]
  const named = and(eq(document.kind, wanted.kind), eq(document.version, wanted.version))
  const [row] = await db.select().from(document).where(named)
  if (row && facts.every(([name, value]) => row[name] === value)) return row
  throw new AppError('already_exists', {
    param: 'version',
    message: `There is another text of version ${wanted.version} already. A version never changes.`,
  })
}

/** Whoever has shown that the address is hers. */
function findReaders({ db }: Store) {
  return db
    .select({ id: user.id, email: user.email, language: user.language })
    .from(user)
    .where(and(eq(user.state, 'active'), isNotNull(user.email), isNotNull(user.emailVerifiedAt)))
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
