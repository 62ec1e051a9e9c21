/**
 * The sealing key: beside the database, not in it, so that who has the one has not the other. A new key is on the disk as
 * `sealing.key.next` before anything is sealed with it, and takes the old one's place once everything is: whichever moment
 * a crash chooses, the database says which of the two it was sealed with.
 */
import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { FatalError } from '../base/error.ts'
import { newSealingKey } from '../base/secret.ts'
import type { Config } from '../config.ts'
import { milestone } from '../store/operator.ts'
import { fingerprint, type Resealed, reseal } from '../store/sealed.ts'
import type { PostgresStore, Store, WritingSqliteStore } from '../store/store.ts'

export async function openSealingKey(config: Config, store: Pick<Store, 'db'>): Promise<string> {
  if (config.sealingKey !== null) return config.sealingKey
  const path = join(config.data, 'sealing.key')
  await endRotation(path, store)
  // On the disk before anything is sealed with it.
  if (!existsSync(path)) writeFileSync(path, newSealingKey(), { mode: 0o600, flush: true })
  return readKey(path)
}

export interface Rotated extends Resealed {
  /** Where the old key is kept: it opens backups made before. */
  kept: string
}

/** The data directory's lock must be held. */
export async function rotateSealingKey(
  config: Config,
  store: PostgresStore | WritingSqliteStore,
  now: number,
): Promise<Rotated> {
  if (config.sealingKey !== null) {
    throw new FatalError(
      `The sealing key is a setting. Write it into the file ${join(config.data, 'sealing.key')}, take the setting away, rotate, and then set the file's new content.`,
      2,
    )
  }
  const path = join(config.data, 'sealing.key')
  const from = await openSealingKey(config, store)
  const to = newSealingKey()
  writeFileSync(`${path}.next`, to, { mode: 0o600, flush: true })
  const resealed = await reseal(store, { from, to }, now)
  return { ...resealed, kept: takeNext(path, now) }
}

async function endRotation(path: string, store: Pick<Store, 'db'>): Promise<void> {
  const next = `${path}.next`
  if (!existsSync(next)) return
  const [row] = await store.db.select().from(milestone).where(eq(milestone.name, 'sealing_key'))
  // A next key that nothing was sealed with may be cut short: it is not read as one.
  const sealed = row !== undefined && row.value === fingerprint(readFileSync(next, 'utf8').trim())
  if (sealed) takeNext(path, row.at)
  else rmSync(next)
}

function takeNext(path: string, now: number): string {
  const kept = `${path}.until-${new Date(now).toISOString().slice(0, 19).replaceAll(':', '')}Z`
  // A crash between the two has done the first already.
  if (!existsSync(kept)) linkSync(path, kept)
  renameSync(`${path}.next`, path)
  return kept
}

function readKey(path: string): string {
  const key = readFileSync(path, 'utf8').trim()
  if (/^[0-9a-f]{64}$/.test(key)) return key
  throw new FatalError(`${path} must hold 64 hex digits. Bring back the file from your backup.`, 78)
}
