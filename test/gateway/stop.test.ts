/** Suspended, revoked or disabled: new calls are refused within a second, running ones end within five [T4.4], paid as delivered. */
import { expect, test } from 'bun:test'
import { openWorld } from '../helpers/world.ts'

const world = await openWorld()
const channels = { openai: 'simulated', anthropic: 'simulated-anthropic' }
const upstream = 'sim-chat@tps=50,tokens=2000'
for (const [dialect, channel] of Object.entries(channels)) {
  await world.sell(dialect, { channels: [{ channel, model: upstream }] })
}

const stops = [
  ['account suspend', 'account_suspended'],
  ['key revoke', 'invalid_api_key'],
  ['key disable', 'invalid_api_key'],
] as const

test.concurrent.each(
  stops.flatMap(([command, code]) =>
    Object.keys(channels).map((model) => [command, model, code] as const),
  ),
)('%s ends a stream of %s', async (command, model, code) => {
  const { key, hash, account } = await world.customer()
  const running = world.stream({ model }, { key })
  const bystander = world.ask({ model: 'sim-fast' })
  await Bun.sleep(500)

  const stoppedAt = performance.now()
  await world.run(command, command.startsWith('key') ? { hash } : { account, reason: 'test' })
  expect((await world.ask({ model: 'sim-fast' }, { key })).body.error?.code).toBe(code)
  expect(performance.now() - stoppedAt).toBeLessThan(1_000)

  const reply = await running
  expect(performance.now() - stoppedAt).toBeLessThan(5_000)
  expect(reply).toMatchObject({ status: 200, error: { code }, done: true, finish: null })
  expect(reply.text).not.toBe('')
  expect((await bystander).status).toBe(200)

  const [entry] = world.seen(reply.id)
  expect(entry?.outcome).toBe('client-left')
  const { balance, pending } = await world.balance(account)
  const spent = 100_000_000_000n - balance
  expect(pending).toBe(0n)
  expect(spent).toBeGreaterThan(0n)
  expect(spent).toBeLessThanOrEqual(BigInt(600 * entry!.delivered.output! + 150 * 20))
})
