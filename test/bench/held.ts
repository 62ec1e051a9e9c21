/** How much: streams held at once and their memory, memory after many calls, the start, the size, calls on a long history. */
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { readCpuUs, readDescriptorLimit, readMemory, timeWrites } from './machine.ts'
import type { Plan } from './plan.ts'
import { executable } from './process.ts'
import type { Serving, Stage } from './stage.ts'
import { type Figure, median, round } from './table.ts'

const mostMb: Record<number, number> = { 2000: 250, 8000: 600 }
/** New streams a second. */
const rampRate = 1000

export async function measureStreams(stage: Stage, { streams }: Plan): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const count of streams) figures.push(...(await holdStreams(stage, count)))
  return figures
}

async function holdStreams(stage: Stage, count: number): Promise<Figure[]> {
  const name = `${count} streams`
  const { to, pid, stop } = await stage.serve(await stage.newShop())
  try {
    const needed = 2 * count + 1000
    if (Math.min(readDescriptorLimit(pid), readDescriptorLimit('self')) < needed) {
      return [{ name, value: null, unit: '', detail: `needs ulimit -Hn ${needed}` }]
    }
    const rampMs = (count / rampRate) * 1000
    const job = { connections: count, rounds: 1, rampMs, patienceMs: 120_000 }
    const { broken, reason, atOnce } = await stage.load.streams(to, 'slow', job)
    const { peakMb } = readMemory(pid)
    return [
      { name: `${name}, at once`, value: atOnce, unit: '', target: { least: count } },
      {
        ...{ name: `${name}, broken`, value: broken, unit: '', target: { most: 0 }, must: true },
        ...(reason !== null && { detail: reason }),
      },
      {
        ...{ name: `${name}, peak memory`, value: peakMb, unit: 'MB' },
        target: { most: mostMb[count] ?? 0 },
      },
    ]
  } finally {
    await stop()
  }
}

export async function measureMemory(stage: Stage, { calls }: Plan): Promise<Figure[]> {
  const serving = await stage.serve(await stage.newShop())
  const before = readMemory(serving.pid).nowMb
  await runCalls(stage, serving, calls)
  const { nowMb, peakMb } = readMemory(serving.pid)
  await serving.stop()
  const name = `memory after ${calls} calls`
  const detail = `${round(before)} MB at the start, ${round(peakMb)} MB at most`
  return [{ name, value: nowMb, unit: 'MB', target: { most: 150 }, detail }]
}

function runCalls({ load }: Stage, { to }: Serving, calls: number) {
  return load.calls(to, { connections: 32, ms: Number.POSITIVE_INFINITY, calls })
}

export async function measureStart(stage: Stage, { starts }: Plan): Promise<Figure[]> {
  const shop = await stage.newShop()
  const times: number[] = []
  for (let made = 0; made < starts; made++) {
    const startedAt = performance.now()
    const { to, stop } = await stage.serve(shop)
    const { ok } = await fetch(`http://127.0.0.1:${to.port}/readyz`, {
      headers: { connection: 'close' },
    })
    times.push(performance.now() - startedAt)
    await stop()
    if (!ok) throw new Error('not ready after its start')
  }
  const sizeMb = statSync(executable).size / 1e6
  const writes = timeWrites(join(shop.data, 'written'), 200)
  return [
    {
      ...{ name: 'one durable write, p50', value: median(writes), unit: 'ms' },
      detail: 'of this disk; a call makes two',
    },
    { name: 'start to ready', value: median(times), unit: 'ms', target: { most: 150 } },
    { name: 'executable', value: sizeMb, unit: 'MB', target: { most: 125 } },
  ]
}

const callsAtATime = 20_000

/** Processor time a call, by turns on an empty database and one with a history. */
export async function measureHistory(stage: Stage, { rows, pairs }: Plan): Promise<Figure[]> {
  if (rows === 0) return []
  const empty = await stage.serve(await stage.newShop())
  const long = await stage.serve(await stage.newShop(rows))
  const spend = async (serving: Serving, calls: number) => {
    const before = readCpuUs(serving.pid)
    await runCalls(stage, serving, calls)
    return (readCpuUs(serving.pid) - before) / calls
  }
  for (const one of [empty, long]) await spend(one, callsAtATime / 2)
  const found: [number, number][] = []
  for (let pair = 0; pair < pairs; pair++) {
    found.push([await spend(empty, callsAtATime), await spend(long, callsAtATime)])
  }
  await Promise.all([empty.stop(), long.stop()])
  const [emptyUs, longUs] = [0, 1].map((at) => median(found.map((pair) => pair[at]!)))
  return [
    {
      name: `processor time a call, ${rows} records`,
      value: median(found.map(([of, on]) => on / of)),
      unit: '× empty',
      target: { most: 1.1 },
      detail: `${round(longUs!)} µs instead of ${round(emptyUs!)} µs`,
    },
  ]
}
