/** Opens the store to read only, beside a running server or alone. */
import { storeUrl } from '../app.ts'
import type { Config } from '../config.ts'
import { tryLock } from '../store/lock.ts'
import { openStore } from '../store/open.ts'
import { openReader, type StoreReader } from '../store/reader.ts'

export async function openForReading(config: Config): Promise<StoreReader> {
  const url = storeUrl(config)
  const now = Date.now()
  const held = tryLock(config.data)
  // No server has brought the schema up to date: then it is done here, and the directory is free again at once.
  if (held !== null) {
    try {
      await (await openStore(url, now)).close()
    } finally {
      held.release()
    }
  }
  return openReader(url, now)
}
