/** Runs a data command: by the server that holds the data directory, else here, as its only process. */
import type { Parts } from '../admin/parts.ts'
import { openParts } from '../app.ts'
import { FatalError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import { silentLog } from '../base/log.ts'
import type { Config } from '../config.ts'
import { tryLock } from '../store/lock.ts'
import type { DataCommand, Values } from './command.ts'
import { handOver } from './socket.ts'

/** Another command may hold the directory for a moment, and a server may be starting or stopping. */
const patienceMs = 10_000
const pauseMs = 25

export async function runCommand(
  config: Config,
  command: DataCommand,
  values: Values,
): Promise<JsonObject> {
  const until = Date.now() + patienceMs
  for (;;) {
    const held = tryLock(config.data)
    if (held !== null) {
      const parts = await openParts(config, silentLog, { held })
      try {
        return await command.run(parts, values)
      } finally {
        await parts.close()
      }
    }
    const result = await handOver(config.data, command.name, values)
    if (result !== null) return result
    if (Date.now() > until) {
      throw new FatalError(
        `The data directory ${config.data} is in use by a process that takes no commands. Wait for it to end, or stop it.`,
      )
    }
    await Bun.sleep(pauseMs)
  }
}

/** In a server: the change is in its memory too before the answer goes out. */
export async function runInServer(
  parts: Parts,
  command: DataCommand,
  values: Values,
): Promise<JsonObject> {
  const result = await command.run(parts, values)
  if (command.changes) {
    parts.keys.forget()
    await parts.catalog.reload()
  }
  return result
}
