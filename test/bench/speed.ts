/** How fast: calls a second and what a call takes longer through ours, beside the bare proxy and the provider alone. */
import type { Calls } from './calls.ts'
import type { Plan } from './plan.ts'
import type { Destination } from './shape.ts'
import type { Stage } from './stage.ts'
import type { Streams } from './streams.ts'
import { type Figure, median, round } from './table.ts'

type Way = 'provider' | 'bare' | 'ours'

interface Rig extends Plan {
  load: Stage['load']
  ways: Record<Way, Destination>
}

/** What ours runs is compiled for speed only after some ten thousand calls. */
const warmUpSlices = 2
const crowd = 100
const crowdRounds = 3

export async function measureSpeed(stage: Stage, plan: Plan): Promise<Figure[]> {
  const { provider, bare, load } = stage
  const { to: ours, stop } = await stage.serve(await stage.newShop())
  const rig = { ...plan, load, ways: { provider, bare, ours } }
  const warmUpMs = warmUpSlices * plan.sliceMs
  for (const way of ['bare', 'ours'] as const) await runCalls(rig, way, 32, warmUpMs)
  const figures = [
    ...(await measureOne(rig)),
    ratioOf(32, await runByTurns(rig, ['bare', 'ours'], 32), 0.3),
    ratioOf(256, await runByTurns(rig, ['bare', 'ours'], 256), 1),
    ...(await measureFirstToken(rig)),
  ]
  await stop()
  return figures
}

function runCalls({ ways, load }: Rig, way: Way, connections: number, ms: number): Promise<Calls> {
  return load.calls(ways[way], { connections, ms, calls: Number.POSITIVE_INFINITY })
}

/** What the ways do by turns, so that whatever else the machine does falls on all alike. */
async function alternate<T>(
  ways: readonly Way[],
  turns: number,
  run: (way: Way) => Promise<T>,
): Promise<Record<Way, T[]>> {
  const found: Record<Way, T[]> = { provider: [], bare: [], ours: [] }
  for (let turn = 0; turn < turns; turn++) for (const way of ways) found[way].push(await run(way))
  return found
}

function runByTurns(rig: Rig, ways: readonly Way[], connections: number) {
  return alternate(ways, rig.pairs, (way) => runCalls(rig, way, connections, rig.sliceMs))
}

function ratioOf(
  connections: number,
  { bare, ours }: Record<Way, Calls[]>,
  least?: number,
): Figure {
  const rate = (calls: Calls[]) => Math.round(median(calls.map(({ perSecond }) => perSecond)))
  return {
    name: `settled calls, ${connections} connection${connections === 1 ? '' : 's'}`,
    value: median(ours.map(({ perSecond }, turn) => perSecond / bare[turn]!.perSecond)),
    unit: '× bare',
    ...(least !== undefined && { target: { least } }),
    detail: `${rate(ours)}/s of ${rate(bare)}/s`,
  }
}

async function measureOne(rig: Rig): Promise<Figure[]> {
  const found = await runByTurns(rig, ['provider', 'bare', 'ours'], 1)
  const added = (part: 'p50' | 'p99', over: Way, most?: number) => {
    const times = (way: Way) => found[way].map((calls) => calls[part])
    return addedOf(`added to a call, ${part}`, {
      ours: times('ours'),
      than: times(over),
      over,
      most,
    })
  }
  return [
    ratioOf(1, found),
    ...[added('p50', 'provider', 0.5), added('p99', 'provider', 5)],
    ...[added('p50', 'bare'), added('p99', 'bare')],
  ]
}

interface Compared {
  ours: number[]
  than: number[]
  over: Way
  most?: number | undefined
}

/** The median over the turns of what ours took longer than another way. */
function addedOf(name: string, { ours, than, over, most }: Compared): Figure {
  return {
    name: `${name}, over the ${over === 'bare' ? 'bare proxy' : over}`,
    value: median(ours.map((ms, turn) => ms - than[turn]!)),
    unit: 'ms',
    ...(most !== undefined && { target: { most } }),
    detail: `${round(median(ours))} ms instead of ${round(median(than))} ms`,
  }
}

/** A crowd of paced streams; each begins anew when it has ended, so that they spread over time. */
async function measureFirstToken(rig: Rig): Promise<Figure[]> {
  const turns = Math.ceil(rig.pairs / 2)
  const found = await alternate(['provider', 'bare', 'ours'], turns, async (way) => {
    const job = { connections: crowd, rounds: crowdRounds, rampMs: 1000, patienceMs: 30_000 }
    const streams = await rig.load.streams(rig.ways[way], 'paced', job)
    if (streams.broken > 0) throw new Error(`${streams.broken} streams broke: ${streams.reason}`)
    return streams
  })
  const p50 = (streams: Streams[]) => streams.map(({ firstTokenMs }) => median(firstTokenMs))
  const name = `first token at ${crowd} streams, p50`
  const ours = p50(found.ours)
  return [
    addedOf(name, { ours, than: p50(found.provider), over: 'provider', most: 2 }),
    addedOf(name, { ours, than: p50(found.bare), over: 'bare' }),
  ]
}
