/** `kkai serve`: the server, until it is told to stop. */
import { offerSetup } from '../admin/setup.ts'
import { openParts, startServer } from '../app.ts'
import { openLog } from '../base/log.ts'
import { readSettings, takeOver } from '../config.ts'
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
  // Changed by a reload.
  const config = { ...readSettings(flags).config }
  const log = openLog({ level: config.logLevel, pretty: process.stderr.isTTY === true })
  const stopped = stopSignal()
  const parts = await openParts(config, log, { threaded: config.databaseThread })
  /** Takes over what may change while calls run; settings that cannot be read change nothing. */
  const reload = () => {
    try {
      const { taken, waiting } = takeOver(config, readSettings(flags).config)
      log.setLevel(config.logLevel)
      parts.keys.forget()
      log.info('settings.reloaded', { taken, waiting })
    } catch (cause) {
      log.error('settings.refused', { cause })
    }
  }
  try {
    const commands = listenForCommands(config.data, (name, values) => runNamed(parts, name, values))
    const server = await startServer(parts)
    for (const problem of parts.catalog.problems) log.error('catalog.problem', { problem })
    const { url } = server
    const path = await offerSetup(parts)
    const setup = path === null ? null : parts.publicUrl() + path
    const started = { url, data: config.data, version, setup }
    const models = parts.catalog.current.models.size
    await print(json ? JSON.stringify(started) : greet(started, models))
    process.on('SIGHUP', reload)
    await stopped
    process.off('SIGHUP', reload)
    await server.stop()
    await commands.stop()
    return 0
  } finally {
    await parts.close()
    log.flush()
  }
}

interface Started {
  url: string
  data: string
  /** Null once there is an admin. */
  setup: string | null
}

function greet({ url, data, setup }: Started, models: number): string {
  const hello = `kkai ${version} listens on ${url}, data in ${data}`
  const begin = setup
    ? `

There is no admin yet. Open this in a browser to set the platform up; it works once, for 30 minutes:
  ${setup}
A new one: kkai admin setup --data ${data}    Without a browser: kkai admin create --email you@example.com --data ${data}`
    : ''
  if (models > 0) return hello + begin
  return `${hello}${begin}

Nothing is sold yet. By command, in another terminal:
  kkai catalog apply catalog.json --data ${data}    channels, models and prices (kkai catalog apply --help)
  kkai account create --email you@example.com --data ${data}
  kkai credit grant ACCOUNT 10.00 --reason start --data ${data}
  kkai key create ACCOUNT --name main --data ${data}
Or see it work first, without any of this: kkai demo`
}
