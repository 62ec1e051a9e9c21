/**
 * ALTCHA: a little work before a registration or a mail, done by the browser while the form is filled in [T4.2]. Nothing is
 * kept of a challenge; its solution is kept until it expires, so that it counts once.
 */
import { createChallenge, verifySolution } from 'altcha-lib/v1'
import { AppError } from '../base/error.ts'
import { sha256 } from '../base/secret.ts'
import { spent } from '../store/people.ts'
import { must, type Store } from '../store/store.ts'

const lifeMs = 10 * 60_000
const hardest = 50_000

const hmacKey = (sealingKey: string) => sha256(`altcha:${sealingKey}`)

/** What `altcha-lib`'s `solveChallenge` takes. */
export async function newPuzzle(sealingKey: string, now: number) {
  const { algorithm, challenge, maxnumber, salt, signature } = await createChallenge({
    hmacKey: hmacKey(sealingKey),
    maxNumber: hardest,
    expires: new Date(now + lifeMs),
  })
  return { algorithm, challenge, maxnumber: maxnumber ?? hardest, salt, signature }
}

/** `solution`: ALTCHA's payload, base64 of JSON. Refuses with `captcha_failed`. */
export async function checkPuzzle(
  store: Store,
  sealingKey: string,
  solution: string,
  now: number,
): Promise<void> {
  const failed = () => new AppError('captcha_failed', { param: 'captcha' })
  const right = await verifySolution(solution, hmacKey(sealingKey), true).catch(() => false)
  if (!right) throw failed()
  // By what was signed, not by how it was written: the same JSON can be encoded in many ways.
  const { challenge } = JSON.parse(atob(solution)) as { challenge: string }
  const row = { id: sha256(challenge), expiresAt: now + lifeMs }
  await store.write((db) => [
    must(db.insert(spent).values(row).onConflictDoNothing(), 'captcha_failed', {
      param: 'captcha',
    }),
  ])
}
