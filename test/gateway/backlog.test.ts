/** What waits to be read comes back as it came, in whatever pieces it came and however long it lay. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { Backlog } from '../../src/gateway/backlog.ts'

const piece = fc
  .tuple(
    fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 60_000 })),
    fc.nat(255),
  )
  .map(([length, first]) => Uint8Array.from({ length }, (_, at) => (first + at) % 256))
const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: piece },
    { weight: 3, arbitrary: fc.constant('take' as const) },
    { weight: 1, arbitrary: fc.constant('pack' as const) },
  ),
  { maxLength: 60 },
)

test('every byte comes back once and in order, at most 16 KB at a time', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const backlog = new Backlog()
      const [pushed, taken]: Uint8Array[][] = [[], []]
      const take = () => {
        const next = backlog.take()
        if (next === null) return false
        expect(next.length).toBeLessThanOrEqual(16 * 1024)
        taken!.push(Uint8Array.from(next))
        return true
      }
      for (const step of all) {
        if (step === 'take') take()
        else if (step === 'pack') backlog.pack()
        else {
          backlog.push(step)
          pushed!.push(step)
        }
        expect(backlog.bytes).toBe(Buffer.concat(pushed!).length - Buffer.concat(taken!).length)
      }
      while (take());
      expect(Buffer.concat(taken!)).toEqual(Buffer.concat(pushed!))
    }),
  )
})
