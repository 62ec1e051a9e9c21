/**
 * The hand-over: a command that is typed while a server holds the data directory is run by that server, with its own
 * parts, so it takes effect at once. HTTP over a Unix socket in the data directory that only its owner may open.
 */
import { unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { FatalError } from '../base/error.ts'
import { isObject, type JsonObject } from '../base/json.ts'
import type { Values } from './command.ts'
import { CommandError, describeFailure, type Failure } from './failure.ts'

/** What a socket's path may hold on Linux. */
const longestPath = 107

const pathIn = (data: string) => join(data, 'kkai.sock')

export function listenForCommands(
  data: string,
  run: (name: string, values: Values) => Promise<JsonObject>,
): { stop(): Promise<void> } {
  const unix = pathIn(data)
  if (Buffer.byteLength(unix) > longestPath) {
    throw new FatalError(
      `The path ${unix} is too long for a socket. Choose a shorter data directory with --data.`,
      78,
    )
  }
  remove(unix)
  const mask = process.umask(0o177)
  try {
    const server = Bun.serve({
      unix,
      fetch: async (request) => Response.json(await answer(await request.json(), run)),
    })
    return { stop: () => server.stop() }
  } finally {
    process.umask(mask)
  }
}

type Answer = { result: JsonObject } | { failure: Failure }

async function answer(
  asked: unknown,
  run: (name: string, values: Values) => Promise<JsonObject>,
): Promise<Answer> {
  try {
    if (!isObject(asked) || typeof asked.name !== 'string' || !isObject(asked.values)) {
      throw new FatalError('That is no command.', 2)
    }
    return { result: await run(asked.name, asked.values as Values) }
  } catch (cause) {
    return { failure: describeFailure(cause) }
  }
}

/** The result from the server of that data directory; null when none listens there. */
export async function handOver(
  data: string,
  name: string,
  values: Values,
): Promise<JsonObject | null> {
  const response = await ask(pathIn(data), JSON.stringify({ name, values }))
  if (response === null) return null
  const answer = (await response.json()) as Answer
  if ('failure' in answer) throw new CommandError(answer.failure)
  return answer.result
}

async function ask(unix: string, body: string): Promise<Response | null> {
  try {
    return await fetch('http://kkai/', { unix, method: 'POST', body })
  } catch (cause) {
    const { code } = cause as { code?: string }
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === 'FailedToOpenSocket') return null
    throw new FatalError(
      'The server stopped before it answered, so the command may or may not have taken effect. Look before you repeat it.',
      1,
      cause,
    )
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // There was none.
  }
}
