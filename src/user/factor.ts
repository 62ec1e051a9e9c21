/**
 * The second factor: an authenticator app with recovery codes. Each code counts once: a step of the app by a guarded update, a
 * recovery code by its own. Passkeys are `passkey.ts`.
 */
import { and, eq, isNull, lt, sql } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { randomText, seal, sha256, unseal } from '../base/secret.ts'
import { passkey, recoveryCode, user } from '../store/people.ts'
import { must, type Query, type Statement, type Store } from '../store/store.ts'
import type { People } from './people.ts'
import type { Visitor } from './session.ts'
import { newTotpSecret, totpStep, totpUri } from './totp.ts'

export type Factor = 'totp' | 'recovery' | 'passkey'

const codes = 10

/** What a log-in asks for after the password: nothing when the user has no second factor. */
export async function factorsOf({ db }: Store, userId: string): Promise<Factor[]> {
  const [row] = await db.select().from(user).where(eq(user.id, userId))
  const keys = await db.select({ id: passkey.id }).from(passkey).where(eq(passkey.userId, userId))
  const left = await recoveryCodesLeft({ db }, userId)
  const factors: Factor[] = []
  if (row?.totpConfirmedAt) factors.push('totp')
  if (keys.length > 0) factors.push('passkey')
  if (factors.length > 0 && left > 0) factors.push('recovery')
  return factors
}

export async function recoveryCodesLeft({ db }: Pick<Store, 'db'>, userId: string) {
  const left = and(eq(recoveryCode.userId, userId), isNull(recoveryCode.usedAt))
  return (await db.select({ id: recoveryCode.id }).from(recoveryCode).where(left)).length
}

/** True once for each code of the app or recovery code. */
export async function spendCode(
  { store, sealingKey, outbox }: Pick<People, 'store' | 'sealingKey' | 'outbox'>,
  userId: string,
  given: string,
  now: number,
): Promise<boolean> {
  const code = given.replace(/[\s-]/g, '')
  const [row] = await store.db.select().from(user).where(eq(user.id, userId))
  if (!row?.email) return false
  const { email, language } = row
  const step =
    row.totpSecret && row.totpConfirmedAt
      ? totpStep(unseal(row.totpSecret, sealingKey, userId), code, now)
      : null
  return spent(store, (db) =>
    step !== null
      ? [
          must(
            db
              .update(user)
              .set({ totpStep: step })
              .where(and(eq(user.id, userId), lt(user.totpStep, step))),
            'wrong_code',
          ),
        ]
      : [
          must(
            db.update(recoveryCode).set({ usedAt: now }).where(isUnused(userId, code)),
            'wrong_code',
          ),
          outbox.queue(db, { to: email, language, kind: 'recovery_code_used' }),
        ],
  )
}

async function spent(store: Store, build: (db: Query) => Statement[]): Promise<boolean> {
  try {
    await store.write(build)
    return true
  } catch (cause) {
    if (cause instanceof AppError && cause.code === 'wrong_code') return false
    throw cause
  }
}

const isUnused = (userId: string, code: string) =>
  and(
    eq(recoveryCode.id, hashCode(userId, code)),
    eq(recoveryCode.userId, userId),
    isNull(recoveryCode.usedAt),
  )

const hashCode = (userId: string, code: string) => sha256(`${userId}:${code.toUpperCase()}`)

/** Begins anew until it is confirmed. Refuses with `already_exists` when an app is in use. */
export async function startTotp(people: People, visitor: Visitor) {
  const { store, sealingKey, business } = people
  const secret = newTotpSecret()
  const totpSecret = seal(secret, sealingKey, visitor.userId)
  await store.write((db) => [
    must(
      db
        .update(user)
        .set({ totpSecret })
        .where(and(eq(user.id, visitor.userId), isNull(user.totpConfirmedAt))),
      'already_exists',
    ),
  ])
  return { secret, uri: totpUri(secret, business.current.platform, visitor.email) }
}

/** From now on it is asked for. Answers the recovery codes, shown once. Refuses with `wrong_code`. */
export async function confirmTotp(
  people: People,
  visitor: Visitor,
  code: string,
): Promise<string[]> {
  const { store, sealingKey, outbox, clock } = people
  const now = clock.now()
  const { userId, email, language } = visitor
  const [row] = await store.db.select().from(user).where(eq(user.id, userId))
  const sealed = row?.totpSecret ?? null
  const step = sealed && totpStep(unseal(sealed, sealingKey, userId), code.replace(/\s/g, ''), now)
  if (!sealed || !step) throw new AppError('wrong_code', { param: 'code' })
  const fresh = newCodes()
  await store.write((db) => [
    must(
      db
        .update(user)
        .set({ totpConfirmedAt: now, totpStep: step })
        .where(and(eq(user.id, userId), isNull(user.totpConfirmedAt), eq(user.totpSecret, sealed))),
      'already_exists',
    ),
    ...replaceCodes(db, userId, fresh),
    outbox.queue(db, { to: email, language, kind: 'second_factor_on' }),
  ])
  return fresh
}

export async function removeTotp(
  people: People,
  { userId, email, language }: Visitor,
): Promise<void> {
  const noKeys = sql`NOT EXISTS (SELECT 1 FROM passkey p WHERE p.user_id = ${userId})`
  await people.store.write((db) => [
    db
      .update(user)
      .set({ totpSecret: null, totpConfirmedAt: null, totpStep: 0 })
      .where(eq(user.id, userId)),
    db.delete(recoveryCode).where(and(eq(recoveryCode.userId, userId), noKeys)),
    people.outbox.queue(db, { to: email, language, kind: 'second_factor_off' }),
  ])
}

/** The old ones count no more. */
export async function renewRecoveryCodes(people: People, { userId }: Visitor): Promise<string[]> {
  const fresh = newCodes()
  await people.store.write((db) => replaceCodes(db, userId, fresh))
  return fresh
}

/** Of more than 112 bits each, so that a plain hash keeps them (ASVS 6.5.2). */
export function newCodes(): string[] {
  return Array.from({ length: codes }, () =>
    randomText(24)
      .toUpperCase()
      .replace(/.{6}(?=.)/g, '$&-'),
  )
}

export function replaceCodes(db: Query, userId: string, fresh: readonly string[]): Statement[] {
  return [
    db.delete(recoveryCode).where(eq(recoveryCode.userId, userId)),
    db
      .insert(recoveryCode)
      .values(fresh.map((code) => ({ id: hashCode(userId, code.replaceAll('-', '')), userId }))),
  ]
}
