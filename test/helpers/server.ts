/** The whole platform in this process, over real HTTP with a store of its own; gone after the file's tests. */
import { afterAll } from 'bun:test'
import { openParts, startServer } from '../../src/app.ts'
import { silentLog } from '../../src/base/log.ts'
import { readSettings } from '../../src/config.ts'
import { newDirectory, type TestStore } from './database.ts'

export async function startTestServer(settings: Record<string, string> = {}) {
  const own = { data: newDirectory(), listen: '127.0.0.1:0' }
  const { config } = readSettings({ ...own, ...settings }, {})
  const parts = await openParts(config, silentLog)
  const server = await startServer(parts)
  afterAll(async () => {
    await server.stop()
    await parts.close()
  })
  return { parts, server, store: parts.store as TestStore }
}
