/** A disk that fills up under a running server, and has room again. It takes a mount, so it runs as root only. */

import { afterAll, describe, expect, test } from 'bun:test'
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator } from '../../src/demo/simulator/simulator.ts'
import { ask } from '../money/client.ts'
import { furnish, startProcess, verifyData } from './process.ts'

const simulator = startSimulator({ hostname: '127.0.0.1', port: 0 })
afterAll(() => simulator.stop())

/** Above what readiness asks to be free. */
const megabytes = 100
const disk = mkdtempSync(join(tmpdir(), 'kkai-disk-'))
const mounted =
  spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', disk]).status === 0
afterAll(() => {
  if (mounted) spawnSync('umount', ['-l', disk])
  rmdirSync(disk)
})

/** Takes all that is free, to the last page. */
function fill(): () => void {
  const ballast = join(disk, 'ballast')
  for (let size = 2 ** 20; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) appendFileSync(ballast, Buffer.alloc(size))
    } catch {}
  }
  return () => rmSync(ballast)
}

describe.skipIf(!mounted)('a full disk', () => {
  test('refuses calls before a provider is asked, settles what was under way once there is room, and goes on', async () => {
    const data = join(disk, 'data')
    const server = await startProcess(data)
    const models = { quick: 'sim-fast', slow: 'sim-chat@ttft=50,tps=100,tokens=50' }
    const { key } = await furnish(server, simulator.url, models)
    const call = (model: string, stream = false) =>
      ask(
        { url: server.url, key },
        { model, stream, stream_options: stream ? { include_usage: true } : null },
      )
    expect((await call('quick')).status).toBe(200)
    let ended = false
    const running = call('slow', true).finally(() => {
      ended = true
    })
    while (simulator.journal.entries().length < 2) await Bun.sleep(5)

    const empty = fill()
    let answer = await call('quick')
    while (answer.status === 200) answer = await call('quick')
    const asked = simulator.journal.entries().length
    for (let at = 0; at < 20; at++) {
      expect(await call('quick')).toMatchObject({ status: 503, error: 'storage_unavailable' })
    }
    expect(simulator.journal.entries().length).toBe(asked)
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
    // By now the provider has sent all of it; its last chunk waits for the settlement.
    await Bun.sleep(700)
    expect(ended).toBe(false)

    empty()
    expect(await running).toMatchObject({ finished: true, error: null, cost: expect.any(BigInt) })
    expect(await call('quick')).toMatchObject({ status: 200, error: null })
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    expect(await verifyData(data)).toBeNull()
    server.kill('SIGTERM')
    expect(await server.exited).toBe(0)
  }, 30_000)
})
