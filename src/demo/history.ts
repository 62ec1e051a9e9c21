/**
 * Thirty days of an account's calls, for the demo: through the ledger like any other call, so that the statement, the sums
 * by the hour and the check of the ledger hold. Fewer at night and on weekends, some that fail, the same in every demo.
 */
import type { Parts } from '../admin/parts.ts'
import { costOf } from '../base/amount.ts'
import { newId } from '../base/id.ts'
import type { Units } from '../base/units.ts'
import { priceAt } from '../catalog/book.ts'
import type { Model } from '../catalog/model.ts'
import type { Outcome } from '../ledger/ledger.ts'

const hourMs = 3_600_000
const days = 30

/** Which model, how often in a hundred calls, and how much it usually reads and writes. */
const habits = [
  { id: 'sim-chat', share: 45, input: 900, output: 260 },
  { id: 'demo/openrouter', share: 10, input: 900, output: 260 },
  { id: 'sim-fast', share: 20, input: 400, output: 60 },
  { id: 'anthropic/sim-chat', share: 15, input: 2_200, output: 700 },
  { id: 'sim-reasoner', share: 10, input: 1_500, output: 1_800 },
] as const

/** `keys`: those of the account that made the calls. */
export async function seedHistory(
  parts: Pick<Parts, 'ledger' | 'catalog' | 'instanceId'>,
  accountId: string,
  keys: readonly string[],
  now: number,
): Promise<void> {
  const chance = chanceFrom(20_260_310)
  const firstHour = Math.floor(now / hourMs) * hourMs - days * 24 * hourMs
  for (let hour = firstHour; hour < now; hour += hourMs) {
    const calls = Math.floor(busyness(hour) * chance() * 7)
    const times = Array.from({ length: calls }, () => hour + Math.floor(chance() * hourMs))
    const past = times.filter((at) => at < now - 60_000).sort((a, b) => a - b)
    const made = past.map((at) => drawCall(parts, accountId, keys, at, chance))
    await Promise.all(made.map(({ hold, at }) => parts.ledger.open(hold, at)))
    await Promise.all(
      made.map(({ settlement, at }) =>
        parts.ledger.resolve(settlement, at + settlement.durationMs),
      ),
    )
  }
}

/** Office hours in Taipei are busy; nights and weekends are not. */
function busyness(at: number): number {
  const local = new Date(at + 8 * hourMs)
  const weekend = local.getUTCDay() % 6 === 0
  const hour = local.getUTCHours()
  const office = hour >= 9 && hour < 19
  return (office ? 1 : 0.25) * (weekend ? 0.3 : 1)
}

function drawCall(
  { catalog, instanceId }: Pick<Parts, 'catalog' | 'instanceId'>,
  accountId: string,
  keys: readonly string[],
  at: number,
  chance: () => number,
) {
  const habit = drawHabit(chance() * 100)
  const model = catalog.current.models.get(habit.id) as Model
  const sell = priceAt(model, 'sell', at)
  const buy = priceAt(model, 'buy', at)
  const failed = chance() < 0.015
  const units = failed ? {} : drawUnits(habit, chance)
  const cost = costOf(units, sell?.rates ?? [])
  const buyCost = costOf(units, buy?.rates ?? [])
  const keyId = keys[Math.floor(chance() ** 2 * keys.length)] as string
  const id = newId('gen-', at)
  const streamed = chance() < 0.7
  const draft = {
    ...{ modelId: model.id, priceId: sell?.id ?? '', buyPriceId: buy?.id ?? null },
    ...{ streamed, caller: 'demo', createdAt: at, periodStart: 0 },
  }
  const ending = {
    outcome: (failed ? 'failed' : 'complete') as Outcome,
    status: failed ? 503 : 200,
  }
  return {
    at,
    hold: {
      ...{ id, accountId, keyId, periodStart: 0, instanceId, amount: cost, least: cost },
      draft: JSON.stringify(draft),
    },
    settlement: {
      ...{ id, draft, channelId: model.routes[0]?.channel.id ?? null, units, cost, ...ending },
      ...{ buyCost, reportedCost: habit.id === 'demo/openrouter' ? buyCost : null },
      ...{ flags: null, overdraft: 0n },
      usageSource: failed ? ('none' as const) : ('provider' as const),
      finishReason: failed ? null : 'stop',
      firstTokenMs: failed ? null : 180 + Math.floor(chance() * 400),
      durationMs: 400 + Math.floor(chance() * 4_000),
      capAtHold: false,
    },
  }
}

function drawHabit(percent: number): (typeof habits)[number] {
  let left = percent
  for (const habit of habits) {
    left -= habit.share
    if (left < 0) return habit
  }
  return habits[0]
}

function drawUnits({ id, input, output }: (typeof habits)[number], chance: () => number): Units {
  const prompt = Math.ceil(input * (0.3 + chance() * 1.7))
  const cached = chance() < 0.3 ? Math.floor(prompt * 0.6) : 0
  const written = Math.ceil(output * (0.2 + chance() * 1.8))
  const thought = id === 'sim-reasoner' ? Math.floor(written * 0.7) : 0
  return {
    input: prompt - cached,
    cache_read: cached,
    output: written - thought,
    reasoning: thought,
  }
}

/** A small generator of chance with a seed (mulberry32). */
function chanceFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
