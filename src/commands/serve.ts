/** `kkai serve`: the server, until it is told to stop. */
import { openParts, startServer } from '../app.ts'
import { openLog } from '../base/log.ts'
import { readSettings } from '../config.ts'
import { type Context, processCommand } from './command.ts'
import { listenForCommands } from './socket.ts'
import { stopSignal } from './stop.ts'
import { version } from './version.ts'

export const serve = processCommand({
  name: 'serve',
  about: 'Run the gateway.',
  examples: ['kkai serve --data /var/lib/kkai --listen 0.0.0.0:8080'],
  start: runServer,
})

async function runServer({ flags, json, print, runNamed }: Context): Promise<number> {
  const { config } = readSettings(flags)
  const log = openLog({ level: config.logLevel, pretty: process.stderr.isTTY === true })
  const stopped = stopSignal()
  const parts = await openParts(config, log, { threaded: config.databaseThread })
  try {
    const commands = listenForCommands(config.data, (name, values) => runNamed(parts, name, values))
    const server = await startServer(parts)
    for (const problem of parts.catalog.problems) log.error('catalog.problem', { problem })
    const { url } = server
    const started = { url, data: config.data, version }
    await print(
      json ? JSON.stringify(started) : greet(url, config.data, parts.catalog.current.models.size),
    )
    await stopped
    await server.stop()
    await commands.stop()
    return 0
  } finally {
    await parts.close()
    log.flush()
  }
}

function greet(url: string, data: string, models: number): string {
  const hello = `kkai ${version} listens on ${url}, data in ${data}`
  if (models > 0) return hello
  return `${hello}

Nothing is sold yet. In another terminal:
  kkai catalog apply catalog.json --data ${data}    channels, models and prices (kkai catalog apply --help)
  kkai account create --email you@example.com --data ${data}
  kkai credit grant ACCOUNT 10.00 --reason start --data ${data}
  kkai key create ACCOUNT --name main --data ${data}
Or see it work first, without any of this: kkai demo`
}
