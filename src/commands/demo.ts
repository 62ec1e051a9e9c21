/**
 * `kkai demo`: the whole product at work without a network or any setting: a temporary data directory, the simulated
 * provider and payment services, a catalogue of its models, an account with credit and a key. For this machine only.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Parts } from '../admin/parts.ts'
import { openParts, startServer } from '../app.ts'
import { FatalError } from '../base/error.ts'
import type { Address } from '../base/kind.ts'
import { openLog } from '../base/log.ts'
import { applyCatalog } from '../catalog/apply.ts'
import { type Config, readSettings } from '../config.ts'
import { demoCatalog } from '../demo/catalog.ts'
import { seedCredit } from '../demo/credit.ts'
import { startPayments } from '../demo/payments/beside.ts'
import { type DemoPeople, historyDays, seedPeople } from '../demo/people.ts'
import { startSimulator } from '../demo/simulator/simulator.ts'
import { type Context, processCommand, type Values } from './command.ts'
import { listenForCommands } from './socket.ts'
import { stopSignal } from './stop.ts'

export const demo = processCommand({
  name: 'demo',
  about: 'See it work: temporary data, a simulated provider, credit and a key.',
  examples: ['kkai demo', 'kkai demo --listen 127.0.0.1:9000 --json'],
  start: runDemo,
})

async function runDemo({ flags, json, print, runNamed }: Context): Promise<number> {
  const stopped = stopSignal()
  const data = mkdtempSync(join(tmpdir(), 'kkai-demo-'))
  const simulator = startSimulator({ hostname: '127.0.0.1', port: 0, journalEntries: 10_000 })
  const payments = startPayments()
  try {
    const config = readDemoSettings({ ...payments.settings, ...flags, data })
    const log = openLog({ level: config.logLevel, pretty: process.stderr.isTTY === true })
    const parts = await openParts(config, log)
    try {
      const seeded = await seed(parts, simulator.url)
      const commands = listenForCommands(data, (name, values) => runNamed(parts, name, values))
      const server = await startServer(parts, { demoMails: true })
      const { url } = server
      payments.callBackTo(url)
      const voucher = await seedCredit(parts, payments, seeded.account)
      const facts = { url, ...seeded, voucher, simulator: simulator.url, data }
      await print(json ? JSON.stringify(facts) : greet(facts))
      await stopped
      await server.stop()
      await commands.stop()
      return 0
    } finally {
      await parts.close()
      log.flush()
    }
  } finally {
    await simulator.stop()
    await payments.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

/** From flags alone: no setting of a real server may lead the demo to its data. */
function readDemoSettings(flags: Values): Config {
  const { config } = readSettings({ log_level: 'warning', ...flags }, {})
  const { hostname } = config.listen
  if (!/^(127\.|::1$|localhost$)/.test(hostname)) {
    throw new FatalError(
      `The demo listens on this machine only, not on ${hostname}: its key is printed for all to see.`,
      2,
    )
  }
  if (flags.listen !== undefined || isFree(config.listen)) return config
  return { ...config, listen: { hostname, port: 0 } }
}

function isFree({ hostname, port }: Address): boolean {
  try {
    Bun.listen({ hostname, port, socket: { data: () => {} } }).stop(true)
    return true
  } catch {
    return false
  }
}

async function seed(parts: Parts, simulator: string): Promise<DemoPeople> {
  const { store, catalog: book, sealingKey, clock } = parts
  // On sale since before the first of the calls that the dashboard shows.
  const then = clock.now() - (historyDays + 1) * 86_400_000
  await applyCatalog({ store, book, sealingKey }, demoCatalog(simulator), 'demo', then)
  return seedPeople(parts)
}

interface Facts extends DemoPeople {
  url: string
  simulator: string
  data: string
  voucher: string
}

/** As it is typed where it is on no path. */
const program = Bun.isStandaloneExecutable ? process.execPath : 'kkai'

function greet({ url, key, account, admin, simulator, data, voucher }: Facts): string {
  return `The demo listens on ${url} (documentation: ${url}/swagger)

  dashboard  ${url}/login   ${admin.email}   password ${admin.password}
  mails      ${url}/demo/mails (nothing is really sent)
  base URL   ${url}/api/v1
  key        ${key}
  account    ${account}: a month of calls, paid from $125 of credit
  provider   simulated, at ${simulator} (what it received and sent: ${simulator}/journal)
  payments   simulated: top up in the dashboard; no money moves. Or redeem ${voucher}

Try it:
  curl ${url}/api/v1/chat/completions -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\
    -d '{"model": "sim-chat", "messages": [{"role": "user", "content": "Hello"}]}'

Models that fail on purpose begin with demo/: ${url}/api/v1/models lists them. Anthropic's dialect upstream: anthropic/sim-chat.
Commands work on it meanwhile: ${program} account show ${account} --data ${data}
Ctrl-C ends the demo and removes its data.`
}
