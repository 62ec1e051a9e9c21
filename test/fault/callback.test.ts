import { expect, test } from 'bun:test'
import { type KilledRound, killInCallbacks } from './callback.ts'

test('killed four times while payments are booked: every one is credited once in the end [T3.7]', async () => {
  const rounds: KilledRound[] = []
  const { troubles } = await killInCallbacks(4, 7, (round) => rounds.push(round))
  expect(troubles).toEqual([])
  expect(rounds).toHaveLength(4)
}, 60_000)
