import { expect, test } from 'bun:test'
import { killAgainAndAgain, type Round } from './kill.ts'

test('killed four times under load: nothing acknowledged is lost or doubled, nothing stays held, nobody overpays', async () => {
  const rounds: Round[] = []
  await killAgainAndAgain(4, 7, (round) => rounds.push(round))
  expect(rounds.map(({ troubles }) => troubles)).toEqual([[], [], [], []])
  const sum = (of: (round: Round) => number) => rounds.reduce((all, round) => all + of(round), 0)
  expect(sum(({ acknowledged }) => acknowledged)).toBeGreaterThan(0)
  expect(sum(({ grants }) => grants)).toBeGreaterThan(0)
  expect(sum(({ charged }) => charged)).toBeGreaterThan(0)
}, 60_000)
