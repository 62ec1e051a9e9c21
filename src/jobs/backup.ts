/**
 * The daily backup: by `kkai backup` in a process of its own, since whoever copies the file must not be who writes it. The last
 * few are kept here; with a bucket each also goes there, and again later until it has arrived. Old ones there are the bucket's
 * own rules to remove.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { State } from '../admin/parts.ts'
import type { Config } from '../config.ts'
import { readDone } from '../store/done.ts'
import type { Job } from './job.ts'

const dayMs = 86_400_000

export const backupDaily: Job = {
  name: 'backup',
  everyMs: 600_000,
  soon: true,
  run: async ({ config, store, clock, log }, state) => {
    const { backupDir: directory, backupKeep } = config
    noteLast(config, state)
    if (directory === null || store.kind === 'postgres') return
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const now = clock.now()
    if ((listBackups(directory).at(-1) ?? '') <= nameAt(now - dayMs)) {
      await runBackup(config.data, join(directory, nameAt(now)))
      noteLast(config, state)
      log.info('backup.made', { file: nameAt(now) })
    }
    const made = listBackups(directory)
    const last = made.at(-1)
    const bucket = openBucket(config)
    if (bucket !== null && last !== undefined && !(await bucket.exists(last))) {
      await bucket.write(last, Bun.file(join(directory, last)))
      log.info('backup.sent', { file: last })
    }
    for (const old of made.slice(0, -Math.max(1, backupKeep))) rmSync(join(directory, old))
  },
}

/** Whoever made it: also one that the operator asked for. */
function noteLast({ data }: Config, state: State): void {
  const last = readDone(data, 'backup')
  if (last !== null) state.backedUpAt = last.at
}

/** Names sort by age. */
const nameAt = (now: number) =>
  `kkai-${new Date(now).toISOString().slice(0, 19).replaceAll(':', '')}Z.db`

function listBackups(directory: string): string[] {
  return readdirSync(directory)
    .filter((file) => /^kkai-\d{4}-\d\d-\d\dT\d{6}Z\.db$/.test(file))
    .sort()
}

async function runBackup(data: string, file: string): Promise<void> {
  const own = Bun.isStandaloneExecutable ? [] : [Bun.main]
  const child = Bun.spawn([process.execPath, ...own, 'backup', file, '--data', data], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const [said, exitCode] = await Promise.all([new Response(child.stderr).text(), child.exited])
  if (exitCode !== 0) throw new Error(`kkai backup: ${said.trim().slice(-1000)}`)
}

function openBucket(config: Config): Bun.S3Client | null {
  const { backupS3Endpoint: endpoint, backupS3Bucket: bucket, backupS3Region: region } = config
  const { backupS3AccessKey: accessKeyId, backupS3SecretKey: secretAccessKey } = config
  if (bucket === null) return null
  if (accessKeyId === null || secretAccessKey === null) {
    throw new Error('backup_s3_bucket is set, backup_s3_access_key or backup_s3_secret_key is not')
  }
  return new Bun.S3Client({
    ...{ bucket, accessKeyId, secretAccessKey },
    ...(endpoint !== null && { endpoint }),
    ...(region !== null && { region }),
  })
}
