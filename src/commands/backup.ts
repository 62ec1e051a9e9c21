/** `kkai backup`: a consistent, verified copy of the database, beside a running server too. */
import { existsSync, renameSync, statSync } from 'node:fs'
import { setPriority } from 'node:os'
import { resolve } from 'node:path'
import { storeUrl } from '../app.ts'
import { FatalError } from '../base/error.ts'
import { type Config, readSettings } from '../config.ts'
import { type Verdict, verifyLedger } from '../ledger/verify.ts'
import { copyDatabase, removeDatabase } from '../store/backup.ts'
import { noteDone } from '../store/done.ts'
import { compareMigrations } from '../store/migrate.ts'
import { isPostgres } from '../store/open.ts'
import { readMigrations } from '../store/pending.ts'
import { openReader } from '../store/reader.ts'
import { processCommand } from './command.ts'
import { reportProgress } from './progress.ts'

export const backup = processCommand<{ file: string }>({
  name: 'backup',
  about:
    'Write a consistent copy of the database to a file, beside a running server too, and verify it.',
  arguments: ['<file>'],
  examples: ['kkai backup /mnt/backup/kkai-monday.db'],
  details:
    'The sealing key is not in it: who has the copy alone cannot read the credentials in it, and neither can you.\nKeep a copy of sealing.key in another place. PostgreSQL is backed up by pg_dump.',
  start: async ({ values, flags, json, print }) => {
    const { config } = readSettings(flags)
    // Calls first.
    setPriority(19)
    const made = await makeBackup(config, resolve(values.file))
    const { file, bytes, seconds } = made
    await print(
      json
        ? JSON.stringify(made)
        : `${file}: ${(bytes / 1e6).toFixed(1)} MB in ${seconds} s, verified. The sealing key is not in it: keep ${config.sealingKey === null ? resolve(config.data, 'sealing.key') : 'the setting sealing_key'} in another place.`,
    )
    return 0
  },
})

async function makeBackup(config: Config, file: string) {
  const path = localDatabase(config, 'Back it up with pg_dump, and restore it with pg_restore.')
  const applied = await readMigrations(path)
  if (applied === null) throw new FatalError(`There is no database ${path}. Is --data right?`)
  if (existsSync(file)) throw new FatalError(`${file} is there already. Name another file.`, 2)
  const part = `${file}.part`
  const startedAt = performance.now()
  try {
    await copyDatabase(path, part, reportProgress('MB'))
    // A copy of an older schema is proved when it is restored, by which it is brought up to date.
    if (compareMigrations(applied).missing.length === 0) await proveCopy(part)
    renameSync(part, file)
  } catch (cause) {
    removeDatabase(part)
    if (cause instanceof FatalError) throw cause
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new FatalError(`${file} could not be written (${why}). Check its directory.`, 1, cause)
  }
  const { size: bytes } = statSync(file)
  noteDone(config.data, 'backup', { at: Date.now(), file, bytes })
  return { file, bytes, seconds: Number(((performance.now() - startedAt) / 1000).toFixed(1)) }
}

/** SQLite's file in the data directory. */
export function localDatabase(config: Config, instead: string): string {
  const url = storeUrl(config)
  if (isPostgres(url)) throw new FatalError(`The database is PostgreSQL. ${instead}`, 2)
  return url
}

/** Refuses where the ledger of that file does not add up, or the file itself is damaged. */
export async function proveCopy(path: string): Promise<void> {
  const store = await openReader(path, Date.now())
  let verdict: Verdict
  try {
    verdict = await verifyLedger(store, { onProgress: reportProgress('rows') })
  } finally {
    await store.close()
  }
  if (verdict.ok) return
  const wrong = verdict.checks
    .filter(({ ok }) => !ok)
    .map(({ name, detail }) => `${name}: ${detail}`)
  throw new FatalError(`What was copied does not verify: ${wrong.join('; ')}. It was not kept.`)
}
