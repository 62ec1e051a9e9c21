/**
 * Everything that takes part in a bench, each in its own process on loopback: the simulated provider, the bare proxy, the
 * load, and ours as often as asked, over data of its own. `close` ends them all and removes the data.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Load, startLoad } from './load-client.ts'
import { executable, type Started, start } from './process.ts'
import { benchCatalog, type Destination, providerKey, providerModel } from './shape.ts'
import { copyShop, openShop, type Shop } from './shop.ts'

export interface Serving extends Started {
  to: Destination
}

export interface Stage {
  load: Load
  provider: Destination
  bare: Destination
  /** All that were made. */
  shops: Shop[]
  /** With a history of so many calls. */
  newShop(calls?: number): Promise<Shop>
  serve(shop: Shop): Promise<Serving>
  close(): Promise<void>
}

const loopback = '127.0.0.1:0'
/** Bun lets 256 requests of `fetch` fly at once; a proxy capped there would be no measure. */
const uncapped = { BUN_CONFIG_MAX_HTTP_REQUESTS: '65535' }

export async function openStage(): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'kkai-bench-'))
  const running: { stop(): Promise<void> }[] = []
  const track = <T extends { stop(): Promise<void> }>(one: T): T => {
    running.push(one)
    return one
  }
  const close = async () => {
    await Promise.all(running.map((one) => one.stop()))
    rmSync(directory, { recursive: true, force: true })
  }
  try {
    const load = track(startLoad())
    const simulate = ['simulate', '--listen', loopback, '--journal', 'totals', '--json']
    const provider = track(await start([executable, ...simulate]))
    const script = Bun.fileURLToPath(new URL('./bare.ts', import.meta.url))
    const origin = `http://127.0.0.1:${provider.port}`
    const bare = track(await start([process.execPath, script, origin], uncapped))
    const first = await openShop(join(directory, 'first'), benchCatalog(origin))
    const shops: Shop[] = []
    return {
      ...{ load, shops, close },
      provider: straight(provider.port),
      bare: straight(bare.port),
      newShop: async (calls = 0) => {
        const shop = await copyShop(first, join(directory, `shop-${shops.length}`), calls)
        shops.push(shop)
        return shop
      },
      serve: async ({ data, key }) => {
        const serve = ['serve', '--data', data, '--listen', loopback, '--json']
        const started = track(await start([executable, ...serve]))
        const to = { port: started.port, path: '/api/v1/chat/completions', key }
        return { ...started, to: { ...to, modelOf: (shape) => shape } }
      },
    }
  } catch (cause) {
    await close()
    throw cause
  }
}

/** The provider itself, or what passes all through to it. */
function straight(port: number): Destination {
  const modelOf: Destination['modelOf'] = (shape) => providerModel(shape, false)
  return { port, path: '/v1/chat/completions', key: providerKey, modelOf }
}
