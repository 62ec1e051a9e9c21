/** The two databases cannot be told apart: whatever is asked of both, they answer the same and keep the same rows. */
import { expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { AppError } from '../../src/base/error.ts'
import { account, hold, key, transfer, usage, usageHour } from '../../src/store/schema.ts'
import { databases, now } from '../helpers/database.ts'
import {
  draft,
  fresh,
  movement,
  newHold,
  newPerson,
  newWorld,
  setKey,
  setState,
  settlement,
  type World,
} from './world.ts'

const verbs = {
  open: 4,
  extend: 2,
  resolve: 4,
  note: 1,
  topup: 1,
  refund: 1,
  dispute: 1,
  suspend: 1,
  reinstate: 1,
  limit: 1,
}
type Verb = keyof typeof verbs

const step = fc.record({
  verb: fc.oneof(
    ...Object.entries(verbs).map(([verb, weight]) => ({
      weight,
      arbitrary: fc.constant(verb as Verb),
    })),
  ),
  which: fc.nat(4),
  day: fc.nat(2),
  x: fc.bigInt(1n, 120n),
  y: fc.bigInt(0n, 60n),
  flag: fc.boolean(),
  text: fc.option(
    fc.string({ unit: fc.constantFrom('\0', '\ud800', '\x1f', '"', '\\', '你'), maxLength: 4 }),
  ),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function take(
  world: World,
  ann: string,
  at: number,
  { verb, which, day, x, y, flag, text }: Step,
) {
  const { ledger } = world
  const id = `gen-${ann}-${which}`
  const periodStart = now + day * 86_400_000
  switch (verb) {
    case 'open':
      return ledger.open({ ...newHold(ann, x + y), id, least: x, periodStart }, now + at)
    case 'extend':
      return ledger.extend(id, x, y, now + at)
    case 'resolve': {
      const more = { overdraft: y, capAtHold: flag, finishReason: text }
      const cost = x > 100n ? 0n : x
      return ledger.resolve(
        settlement(id, cost, { ...more, draft: { ...draft, periodStart } }),
        now + at,
      )
    }
    case 'note':
      return ledger.note([
        { id, delivered: JSON.stringify({ text, cost: x }, (_, v) => String(v)) },
      ])
    case 'suspend':
      return setState(world, ann, 'suspended')
    case 'reinstate':
      return setState(world, ann, 'active')
    case 'limit':
      return setKey(world, ann, { creditLimit: flag ? null : x + y })
    default: {
      const more = {
        processor: 'both',
        externalId: `${ann}-${which}`,
        ...(text === null ? {} : { reason: text }),
      }
      return ledger.transfer({ ...movement(ann, verb, x, more), id: `tfr_${ann}-${at}` }, now + at)
    }
  }
}

/** What a step answers, or its refusal; the databases' own errors have different words. */
const answer = (work: Promise<unknown>) =>
  work.then(String, (cause) => (cause instanceof AppError ? cause.code : 'refused by the database'))

async function everything({ store: { db } }: World, ann: string) {
  return Promise.all([
    db.select().from(account).where(eq(account.id, ann)),
    db.select().from(key).where(eq(key.accountId, ann)),
    db.select().from(transfer).where(eq(transfer.accountId, ann)).orderBy(transfer.seq),
    db.select().from(hold).where(eq(hold.accountId, ann)).orderBy(hold.id),
    db.select().from(usage).where(eq(usage.accountId, ann)).orderBy(usage.id),
    db.select().from(usageHour).where(eq(usageHour.accountId, ann)),
  ])
}

test.if(databases.length > 1)(
  'both ledgers answer alike and keep the same rows, hash for hash',
  async () => {
    const worlds = await Promise.all(databases.map(async ([, open]) => newWorld(await open())))
    const answers = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const ann = fresh('acc_')
        for (const world of worlds) await newPerson(world, 150n, {}, ann)
        for (const [at, one] of steps.entries()) {
          const [left, right] = await Promise.all(
            worlds.map((world) => answer(take(world, ann, at, one))),
          )
          expect([one.verb, right]).toEqual([one.verb, left])
          answers.add(`${one.verb} ${left}`)
        }
        const [left, right] = await Promise.all(worlds.map((world) => everything(world, ann)))
        expect(right).toEqual(left!)
      }),
      { numRuns: 60, seed: 11 },
    )
    // The walk is worth something only if it met each refusal.
    for (const met of [
      ...['open insufficient_credits', 'open key_limit_reached', 'open account_suspended'],
      ...[
        'extend undefined',
        'extend insufficient_credits',
        'extend key_limit_reached',
        'extend invalid_api_key',
      ],
      ...['resolve null', 'resolve 0', 'refund insufficient_credits', 'topup true', 'topup false'],
    ]) {
      expect(answers).toContain(met)
    }
  },
  60_000,
)
