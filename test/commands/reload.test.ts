/** SIGHUP: a server takes over what may change while it runs; what cannot be read changes nothing. */
import { expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { handOver } from '../../src/commands/socket.ts'
import { readSettings, takeOver } from '../../src/config.ts'
import { newData, startKkai } from '../helpers/kkai.ts'

test('a server takes new tiers from its file, refuses a bad file, and goes on', async () => {
  const data = newData()
  const file = join(data, 'kkai.toml')
  writeFileSync(file, 'log_level = "info"\n')
  const server = await startKkai(['serve', '--data', data, '--listen', '127.0.0.1:0'])
  const reload = async (text: string, event: string) => {
    const before = server.stderr().split(event).length
    writeFileSync(file, text)
    process.kill(server.pid, 'SIGHUP')
    for (let tries = 0; server.stderr().split(event).length === before; tries++) {
      if (tries > 200) throw new Error(`no ${event}: ${server.stderr()}`)
      await Bun.sleep(25)
    }
    return server.stderr().trim().split('\n').at(-1)!
  }
  const create = (email: string) =>
    handOver(data, 'account create', { email, tier: 'gold' }) as Promise<{ account: string }>
  expect(create('ann@example.com')).rejects.toThrow('gold')

  const gold = '[tiers.gold]\nrpm = 7\n'
  const taken = JSON.parse(await reload(`listen = "127.0.0.1:1"\n${gold}`, 'settings.reloaded'))
  expect(taken).toMatchObject({ taken: ['tiers'], waiting: [] })
  const { account } = await create('ann@example.com')
  expect(account).toStartWith('acc_')

  expect(await reload('drain_ms = "soon"', 'settings.refused')).toContain('drain_ms')
  expect((await fetch(`${server.facts.url}/healthz`)).status).toBe(200)
  expect((await create('bob@example.com')).account).toStartWith('acc_')

  // From here on only what is worse is logged.
  await reload(`log_level = "debug"\n${gold}`, 'settings.reloaded')
  expect(await server.stop()).toBe(0)
}, 30_000)

test('what is taken over changes in place, and the rest is named and stays', () => {
  const read = (flags: Record<string, string>) => readSettings(flags, {}).config
  const live = { ...read({}) }
  const { tiers } = live
  const next = read({
    clamp: 'false',
    tiers: '{"gold":{"rpm":7}}',
    smtp_url: 'smtp://x',
    drain_ms: '9',
  })
  const { taken, waiting } = takeOver(live, next)
  expect(taken.sort()).toEqual(['clamp', 'drain_ms', 'tiers'])
  expect(waiting).toEqual(['smtp_url'])
  expect(live).toMatchObject({ clamp: false, drainMs: 9, smtpUrl: null })
  expect(tiers.gold).toEqual({ rpm: 7, tpm: null, concurrent: null })
  expect(takeOver(live, { ...next, smtpUrl: null })).toEqual({ taken: [], waiting: [] })
})
