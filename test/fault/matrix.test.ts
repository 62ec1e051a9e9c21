/** Rows of the fault matrix a few times each: `bun run test:fault` is the whole of it. Kills have tests of their own. */
import { expect, test } from 'bun:test'
import { matrix } from './matrix.ts'

test.each([
  ['kill -9 at named points', 1],
  ['malformed streams', 28],
  ['clients that leave', 150],
  ['parallel spending', 3],
])(
  '%s, %d times: nothing is lost, nothing doubled, and the books verify',
  async (name, times) => {
    const row = matrix.find((one) => one.name === name)
    expect((await row!.run(times, 7)).troubles).toEqual([])
  },
  60_000,
)
