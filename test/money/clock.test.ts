/** A clock of day that jumps changes no money: holds are told alive by intervals, never by wall times. */
import { expect, test } from 'bun:test'
import { systemClock } from '../../src/base/clock.ts'
import { sweepHolds } from '../../src/jobs/sweep-holds.ts'
import { ask } from './client.ts'
import { openPlatform, stores } from './platform.ts'

const dayMs = 86_400_000

test.each(stores)(
  'on %s, no live hold is voided by a clock that jumps years ahead and back, and calls are charged as ever',
  async (_, settings) => {
    let ahead = 0
    const clock = { ...systemClock, now: () => Date.now() + ahead }
    const platform = await openPlatform(await settings(), clock)
    await platform.sell('long', 'sim-chat@ttft=50,tps=100,tokens=60')
    const ann = await platform.customer(1_000_000n, {
      creditLimit: 1_000_000n,
      creditReset: 'daily',
    })
    const calls = Array.from({ length: 5 }, () =>
      ask({ ...platform, key: ann.key }, { model: 'long', stream: true }),
    )
    while ((await platform.openHolds()) < calls.length) await Bun.sleep(5)
    for (ahead of [10_000 * dayMs, -3 * dayMs, 365 * dayMs, 0]) {
      await sweepHolds.run(platform.parts, { draining: false, verified: null })
      expect(await platform.openHolds()).toBe(calls.length)
    }
    ahead = -dayMs
    for (const answer of await Promise.all(calls)) {
      expect(answer).toMatchObject({ finished: true, error: null })
      expect(await platform.record(answer.id!)).toMatchObject({ outcome: 'complete', output: 60 })
    }
    expect(await platform.counters(ann)).toMatchObject({ pending: 0n, keyHeld: 0n })
    expect(await platform.failedChecks()).toEqual([])
  },
)
