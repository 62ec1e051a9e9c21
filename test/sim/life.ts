/**
 * The platform of a simulated run: its real parts on a real file, and its gateway over connections without sockets. It may
 * die anywhere: timers are dropped, the file is closed as it is, and a new process opens it and recovers.
 */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Parts } from '../../src/admin/parts.ts'
import { createGateway, openParts } from '../../src/app.ts'
import { type Logger, silentLog } from '../../src/base/log.ts'
import { readSettings } from '../../src/config.ts'
import type { Gateway } from '../../src/gateway/gateway.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { reconcilePayments } from '../../src/jobs/reconcile-payments.ts'
import { sweepHolds } from '../../src/jobs/sweep-holds.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { hold, instance } from '../../src/store/schema.ts'
import type { WritingSqliteStore } from '../../src/store/store.ts'
import type { Bank } from './bank.ts'
import { connectTo, counter, type Provider } from './provider.ts'
import type { Time } from './time.ts'

export interface Life {
  parts: Parts
  gateway: Gateway
  /** Resolves when it is dead. */
  dead: Promise<'dead'>
  over(): boolean
}

export interface Platform {
  data: string
  /** The process that runs; waits for the next one where it is dead. */
  life(): Promise<Life>
  /** A point where it may die; what waits there then never goes on. */
  point(name: string): Promise<void>
  /** Whether the process is about to die, and what went wrong with a new one. */
  readonly dying: boolean
  readonly broken: unknown
  /** Ends the process, and starts the next one. */
  restart(): void
  close(): void
}

export interface Outside {
  time: Time
  provider: Provider
  bank: Bank
  /** Whether the process dies at this point. */
  dies(point: string): boolean
  saw(what: string, times?: number): void
}

export const settings = {
  ...{ public_url: 'https://ai.example.com', payments: 'live', stream_expectation: '64' },
  ...{ overdraft: '0.2', first_byte_ms: '8000', silence_ms: '5000', total_ms: '60000' },
  ...{ keep_alive_after_ms: '3000', keep_alive_ms: '2000' },
}
export const overdraft = 200_000_000n
export const sealing = { sealing_key: '5'.repeat(64) }

/** Memory where there is some: a run writes through to its disk thousands of times. */
export const room = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** `template`: the database that it begins with. */
export function openPlatform(outside: Outside, template: string): Platform {
  const data = mkdtempSync(join(room, 'kkai-sim-'))
  copyFileSync(template, join(data, 'kkai.db'))
  const state = { dying: false, broken: null as unknown }
  let close: () => void = () => {}
  let current = start()

  /** Never resolves where the process dies, and after that for nobody. */
  function point(name: string): Promise<void> {
    if (!state.dying && !outside.dies(name)) return Promise.resolve()
    if (!state.dying) outside.saw(`crash: ${name}`)
    state.dying = true
    return new Promise(() => {})
  }

  function start() {
    const death = Promise.withResolvers<'dead'>()
    const dead = death.promise
    let over = false
    const opened = (store: WritingSqliteStore) => {
      close = () => store.connection.close()
    }
    const life = openLife(data, outside, point, opened).then((made) => ({
      ...{ ...made, dead, over: () => over },
    }))
    life.catch((cause) => {
      state.broken = cause
    })
    const die = () => {
      over = true
      death.resolve('dead')
    }
    return { life, dead, die }
  }

  return {
    ...{ data, point },
    life: async () => {
      for (;;) {
        const life = await Promise.race([current.life, current.dead])
        if (life !== 'dead') return life
      }
    },
    get dying() {
      return state.dying
    },
    get broken() {
      return state.broken
    },
    restart: () => {
      outside.time.dropTimers()
      close()
      const { die } = current
      state.dying = false
      current = start()
      die()
    },
    close: () => {
      close()
      rmSync(data, { recursive: true, force: true })
    },
  }
}

async function openLife(
  data: string,
  { time, provider, bank, saw }: Outside,
  point: (name: string) => Promise<void>,
  onOpen: (store: WritingSqliteStore) => void,
): Promise<Pick<Life, 'parts' | 'gateway'>> {
  const { config } = readSettings({ ...settings, ...sealing, data }, {})
  const clock = { now: time.now, elapsed: time.elapsed }
  const opened = await openParts(config, logTo(saw), { clock, held: { release: () => {} } })
  onOpen(opened.store as WritingSqliteStore)
  const { write } = opened.store
  const parts: Parts = {
    ...opened,
    ledger: fragile(opened.ledger, point, saw),
    store: {
      ...opened.store,
      write: async (build) => {
        await point('before a write')
        await write(build)
        await point('after a write')
      },
    },
    processors: new Map([[bank.name, bank]]),
    issuers: new Map(),
  }
  const made = createGateway(parts, createMetrics())
  const failed: Gateway['breakers']['failed'] = (channel, error, now) => {
    made.breakers.failed(channel, error, now)
    if (made.breakers.state(channel, now) === 'open') saw('breaker opened')
  }
  const gateway: Gateway = {
    ...{ ...made, breakers: { ...made.breakers, failed } },
    ...{ client: connectTo(provider, time.random, point), counter },
  }
  const started = { id: parts.instanceId, startedAt: time.now() }
  await write((db) => [db.insert(instance).values(started)])
  saw('holds recovered', (await opened.store.db.select().from(hold)).length)
  const state = { draining: false, verified: null }
  await sweepHolds.run(parts, state)
  await reconcilePayments.run(parts, state)
  return { parts, gateway }
}

/** The ledger of a process that may die before or after each verb. */
function fragile(ledger: Ledger, point: (name: string) => Promise<void>, saw: Outside['saw']) {
  const verb = async <T>(name: string, run: () => Promise<T>): Promise<T> => {
    await point(`before ${name}`)
    const answer = await run()
    await point(`after ${name}`)
    return answer
  }
  const wrapped: Ledger = {
    open: (...args) => verb('hold', () => ledger.open(...args)),
    extend: (...args) =>
      verb('extension', async () => {
        await ledger.extend(...args)
        saw('hold extended')
      }),
    note: (...args) => verb('note', () => ledger.note(...args)),
    resolve: (...args) => verb('settlement', () => ledger.resolve(...args)),
    transfer: (...args) => verb('transfer', () => ledger.transfer(...args)),
  }
  return wrapped
}

/** What the log says of an error is one; what it warns of is counted. */
function logTo(saw: Outside['saw']): Logger {
  return {
    ...silentLog,
    warn: (event) => saw(`log: ${event}`),
    error: (event) => saw(`error: ${event}`),
  }
}
