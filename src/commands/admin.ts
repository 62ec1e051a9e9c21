/** `kkai admin create`: an admin without a browser, and the set-up address anew. */
import { and, eq, isNotNull } from 'drizzle-orm'
import type { Parts } from '../admin/parts.ts'
import { dropOffers, offerSetup } from '../admin/setup.ts'
import { normaliseEmail } from '../base/email.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { randomText } from '../base/secret.ts'
import { user } from '../store/people.ts'
import { must } from '../store/store.ts'
import { hashPassword } from '../user/password.ts'
import { dataCommand } from './command.ts'

interface Created {
  email: string
  /** Shown once; null for who has one already. */
  password: string | null
}

export const adminCreate = dataCommand<{ email: string }, Created>({
  name: 'admin create',
  about: 'Make an admin: a new user with a password that is shown once, or one who is there.',
  options: [{ flags: '--email <address>', about: 'the e-mail address', needed: true }],
  examples: ['kkai admin create --email you@example.com'],
  details:
    'At the first log-in the documents are to be accepted; a second factor is worth its minute.',
  changes: true,
  run: async (parts, { email }) => {
    const address = normaliseEmail(email)
    const rows = parts.store.db.select({ id: user.id }).from(user).where(eq(user.email, address))
    const [known] = await rows
    const password = known ? null : await insertAdmin(parts, address)
    if (known) await promote(parts, known.id)
    return { email: address, password }
  },
  describe: ({ email, password }) =>
    password === null
      ? `${email} is an admin now.`
      : `${email} is an admin now. The password, shown only here: ${password}`,
})

async function insertAdmin({ store, clock }: Parts, email: string): Promise<string> {
  const now = clock.now()
  const password = randomText(20)
  const row = {
    ...{ id: newId('usr_', now), email, emailVerifiedAt: now, adminRole: 'owner' as const },
    ...{ passwordHash: await hashPassword(password), createdAt: now },
  }
  await store.write((db) => [
    must(db.insert(user).values(row).onConflictDoNothing(), 'email_taken', { param: 'email' }),
    dropOffers(db),
  ])
  return password
}

/** Only who has shown that the address is hers: anyone may have registered with it. */
async function promote({ store }: Parts, id: string): Promise<void> {
  const proven = and(eq(user.id, id), eq(user.state, 'active'), isNotNull(user.emailVerifiedAt))
  await store.write((db) => [
    must(db.update(user).set({ adminRole: 'owner' }).where(proven), 'email_unverified', {
      param: 'email',
      message: 'That user is not active, or has not confirmed the address yet. Do that first.',
    }),
    dropOffers(db),
  ])
}

export const adminSetup = dataCommand<Record<string, never>, { url: string }>({
  name: 'admin setup',
  about: 'Print a new one-time set-up address, while there is no admin.',
  examples: ['kkai admin setup'],
  changes: true,
  run: async (parts) => {
    const path = await offerSetup(parts)
    if (path !== null) return { url: parts.publicUrl() + path }
    throw new AppError('already_exists', {
      message: 'There is an admin already. kkai admin create --email E makes another one.',
    })
  },
  describe: ({ url }) => `Open this in a browser within 30 minutes; it works once:\n  ${url}`,
})
