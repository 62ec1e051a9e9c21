/**
 * Proves the ledger from its own rows: nothing that it keeps is believed, all of it is derived again from the immutable
 * transfers, prices and usage records. Each part of it (`verify-apart.ts`) is read from one state; a ledger that is large is
 * read by a thread for each part. Reads only, so it may run beside a server. A check that fails names the first few offenders.
 */
import { apart } from '../base/apart.ts'
import type { StoreReader } from '../store/reader.ts'
import { readSnapshot } from '../store/snapshot.ts'

export interface Check {
  name: string
  ok: boolean
  detail: string
}

export interface Verdict {
  ok: boolean
  checks: Check[]
}

export interface Progress {
  done: number
  total: number
}

export const parts = ['chains', 'usage', 'file'] as const
export type Part = (typeof parts)[number]
export interface Asked {
  part: Part
  /** Of the SQLite file. */
  path: string
}
export type Said = { rows: number } | { checks: Check[] } | { failed: string }

/** A thread costs as much as some thousands of rows. */
const largeFrom = 200_000

/** `threadsFrom`: how many rows are worth a thread for each part, where the file can be read by several. */
export async function verifyLedger(
  store: StoreReader,
  {
    onProgress,
    threadsFrom = largeFrom,
  }: { onProgress?: (progress: Progress) => void; threadsFrom?: number } = {},
): Promise<Verdict> {
  const checks = await readSnapshot(store, async (snapshot) => {
    const [size] = await snapshot.rows<{ total: bigint }>(
      "SELECT count(*) + count(CASE WHEN code = 'usage' THEN pending_id END) AS total FROM transfer",
    )
    const progress = { done: 0, total: Number(size?.total) }
    const tick = (rows: number) => {
      progress.done += rows
      onProgress?.({ ...progress })
    }
    if (store.kind === 'sqlite' && progress.total >= threadsFrom) {
      const { path } = store
      return (await Promise.all(parts.map((part) => runInThread({ part, path }, tick)))).flat()
    }
    const { runPart } = await loadParts()
    const done: Check[] = []
    for (const part of parts) done.push(...(await runPart(part, snapshot, tick)))
    return done
  })
  return { ok: checks.every(({ ok }) => ok), checks }
}

const place = () => apart(new URL('./verify-apart.ts', import.meta.url))

function loadParts(): Promise<typeof import('./verify-apart.ts')> {
  return import(place())
}

function runInThread(asked: Asked, onRows: (rows: number) => void): Promise<Check[]> {
  const worker = new Worker(place())
  const answer = new Promise<Check[]>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Said>) => {
      if ('rows' in data) onRows(data.rows)
      else if ('checks' in data) resolve(data.checks)
      else reject(new Error(data.failed))
    }
    worker.onerror = ({ message }) => reject(new Error(`verify stopped: ${message}`))
    worker.postMessage(asked)
  })
  return answer.finally(() => worker.terminate())
}
