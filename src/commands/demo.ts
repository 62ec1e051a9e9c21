/**
 * `kkai demo`: the whole product at work without a network or any setting: a temporary data directory, the simulated
 * provider, a catalogue of its models, an account with credit and a key. For this machine only.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAccount } from '../account/account.ts'
import type { Parts } from '../admin/parts.ts'
import { openParts, startServer } from '../app.ts'
import { nanoPerUsd } from '../base/amount.ts'
import { FatalError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import type { Address } from '../base/kind.ts'
import { openLog } from '../base/log.ts'
import { randomText } from '../base/secret.ts'
import { applyCatalog } from '../catalog/apply.ts'
import { type Config, readSettings } from '../config.ts'
import { demoCatalog } from '../demo/catalog.ts'
import { startSimulator } from '../demo/simulator/simulator.ts'
import { createKey } from '../key/issue.ts'
import { type Context, processCommand, type Values } from './command.ts'
import { listenForCommands } from './socket.ts'
import { stopSignal } from './stop.ts'

const email = 'demo@example.com'
const credit = 100n * nanoPerUsd

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
  try {
    const config = readDemoSettings({ ...flags, data })
    const log = openLog({ level: config.logLevel, pretty: process.stderr.isTTY === true })
    const parts = await openParts(config, log)
    try {
      const seeded = await seed(parts, simulator.url)
      const commands = listenForCommands(data, (name, values) => runNamed(parts, name, values))
      const server = await startServer(parts)
      const { url } = server
      const facts = { url, ...seeded, simulator: simulator.url, data }
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

async function seed({ store, ledger, catalog: book, sealingKey, clock }: Parts, simulator: string) {
  const now = clock.now()
  await applyCatalog({ store, book, sealingKey }, demoCatalog(simulator), 'demo', now)
  const account = await createAccount(store, { email, tier: 'operator' }, now)
  const id = newId('tfr_', now)
  await ledger.transfer(
    { id, accountId: account, code: 'grant', amount: credit, reason: 'demo', actor: 'demo' },
    now,
  )
  const terms = {
    ...{ name: 'demo', expiresAt: null, creditLimit: null, creditReset: null },
    ...{ rpm: null, tpm: null, concurrent: null, models: null, ips: null },
  }
  const { secret: key } = await createKey(store, account, terms, now)
  // There is nothing to sign in to yet: the password is for the dashboard to come, and kept nowhere.
  return { key, account, admin: { email, password: randomText(20) } }
}

interface Facts {
  url: string
  key: string
  account: string
  simulator: string
  data: string
}

function greet({ url, key, account, simulator, data }: Facts): string {
  return `The demo listens on ${url} (documentation: ${url}/swagger)

  base URL   ${url}/api/v1
  key        ${key}
  account    ${account}, with $100 of credit
  provider   simulated, at ${simulator} (what it received and sent: ${simulator}/journal)

Try it:
  curl ${url}/api/v1/chat/completions -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\
    -d '{"model": "sim-chat", "messages": [{"role": "user", "content": "Hello"}]}'

Models that fail on purpose begin with demo/: ${url}/api/v1/models lists them. Anthropic's dialect upstream: anthropic/sim-chat.
Commands work on it meanwhile: kkai account show ${account} --data ${data}
There is no dashboard to sign in to yet. Ctrl-C ends the demo and removes its data.`
}
