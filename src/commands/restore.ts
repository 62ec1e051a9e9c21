/**
 * `kkai restore`: a backup becomes the database of a data directory. It is brought up to date and verified beside the one
 * that is there, then takes its place in one step; the old one stays under a dated name.
 */
import { existsSync, linkSync, renameSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { FatalError } from '../base/error.ts'
import { readSettings } from '../config.ts'
import { copyDatabase, foldLog, removeDatabase } from '../store/backup.ts'
import { lock } from '../store/lock.ts'
import { compareMigrations, newerDatabase } from '../store/migrate.ts'
import { readMigrations } from '../store/pending.ts'
import { openSqlite } from '../store/sqlite.ts'
import { localDatabase, proveCopy } from './backup.ts'
import { processCommand } from './command.ts'
import { reportProgress } from './progress.ts'

export const restore = processCommand<{ file: string }>({
  name: 'restore',
  about:
    'Put a backup in place of the database of a data directory; the old one is kept beside it.',
  arguments: ['<file>'],
  examples: ['kkai restore /mnt/backup/kkai-monday.db --data /var/lib/kkai'],
  details:
    'No server may run there. sealing.key must be the one that was in use when the backup was made.',
  start: async ({ values, flags, json, print }) => {
    const { config } = readSettings(flags)
    const path = localDatabase(config, 'Restore it with pg_restore.')
    const held = lock(config.data)
    try {
      const kept = await replaceDatabase(resolve(values.file), path)
      const sealed = config.sealingKey !== null || existsSync(join(config.data, 'sealing.key'))
      const lines = [
        `${path} is restored and verified.`,
        ...(kept === null ? [] : [`What was there is kept as ${kept}.`]),
        ...(sealed
          ? []
          : ['Put sealing.key there before you start: without it no credential can be opened.']),
      ]
      await print(json ? JSON.stringify({ path, kept, sealing_key: sealed }) : lines.join('\n'))
      return 0
    } finally {
      held.release()
    }
  },
})

/** Answers where the old database is now; null when there was none. */
async function replaceDatabase(file: string, path: string): Promise<string | null> {
  const applied = await readMigrations(file)
  if (applied === null) throw new FatalError(`There is no file ${file}.`, 2)
  const { unknown } = compareMigrations(applied)
  if (unknown.length > 0) throw newerDatabase(unknown)
  const next = `${path}.restoring`
  try {
    await copyDatabase(file, next, reportProgress('MB'))
    const store = await openSqlite(next, Date.now(), { keeps: false })
    await store.close()
    await proveCopy(next)
    const kept = existsSync(path) ? keepOld(path) : null
    renameSync(next, path)
    return kept
  } finally {
    removeDatabase(next)
  }
}

/** The file has two names for a moment, so that a crash finds one database or the other, never none. */
function keepOld(path: string): string {
  const kept = `${path}.replaced-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}Z`
  try {
    foldLog(path)
  } catch {
    // Damaged, which may be why it is replaced: kept as it is, with its log.
  }
  linkSync(path, kept)
  for (const end of ['-wal', '-shm']) {
    if (existsSync(path + end)) renameSync(path + end, kept + end)
  }
  return kept
}
