/**
 * Runs a data command: by the server that holds the data directory, else here, as its only process. What changes something is
 * audited like an admin's act.
 */
import { writeAct, writeOutcome } from '../admin/audit.ts'
import type { Parts } from '../admin/parts.ts'
import { openParts } from '../app.ts'
import { AppError, FatalError } from '../base/error.ts'
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
        return await runAudited(parts, command, values)
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
  const result = await runAudited(parts, command, values)
  if (command.changes) {
    parts.keys.forget()
    await parts.catalog.reload()
  }
  return result
}

async function runAudited(parts: Parts, command: DataCommand, values: Values): Promise<JsonObject> {
  if (!command.changes) return command.run(parts, values)
  // What a command has read from files may hold credentials.
  const told = command.prepare === undefined ? values : {}
  const { account } = told
  const id = await writeAct(parts, {
    ...{ actor: { id: 'command', role: 'command' }, act: command.name, body: told },
    params: account === undefined ? {} : { account },
  })
  const end = (outcome: string) => writeOutcome(parts, id, outcome, {})
  try {
    const result = await command.run(parts, values)
    await end('done')
    return result
  } catch (cause) {
    await end(cause instanceof AppError ? cause.code : 'internal_error')
    throw cause
  }
}
