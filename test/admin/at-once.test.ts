/**
 * The acts of admins, many at once: two that were made from the same state, as in two tabs, and the same one twenty times, as by an
 * impatient finger or a script that tries again. Each is done as often as it means; who was not served is told; all of it
 * is in the audit.
 */
import { expect, test } from 'bun:test'
import { eq, sql } from 'drizzle-orm'
import { audit, auditOutcome } from '../../src/store/operator.ts'
import { mail } from '../../src/store/people.ts'
import { type Act, named, openActs } from './acts.ts'

type Platform = Awaited<ReturnType<typeof openActs>>

/** How what was so a moment ago, and is no more, is refused. */
const told = ['already_exists', 'not_found', 'changed_meanwhile']

/** Sends them all at once; answers what became of each: `done`, or the code of its refusal. */
async function sendAll({ send }: Platform, act: Act, bodies: unknown[]): Promise<string[]> {
  const texts = bodies.map((body) => (body === undefined ? null : JSON.stringify(body)))
  const answers = await Promise.all(texts.map((text) => send(act, text)))
  return answers.map(({ json }) => json.error?.code ?? 'done')
}

const two = await openActs()
const rivals = two.acts.filter(({ rival }) => rival !== undefined)
test.each(named(rivals))('%s: of two that differ one is done', async (_, act) => {
  const outcomes = await sendAll(two, act, [act.body, { ...act.body, ...act.rival }])
  const [refused = '', ...more] = outcomes.filter((one) => one !== 'done')
  expect(more).toEqual([])
  expect(told).toContain(refused)
})

const many = await openActs()
const sent: string[] = []
test.each(named(many.acts))('%s: twenty times the same', async (_, act) => {
  const mails = (await many.store.db.select().from(mail)).length
  const outcomes = await sendAll(many, act, Array(20).fill(act.body))
  sent.push(...outcomes.map((one) => `${act.route} ${one}`))
  const refused = outcomes.filter((one) => one !== 'done')
  expect(refused.filter((one) => !told.includes(one))).toEqual([])
  if (act.twenty !== 'any') expect(refused).toHaveLength(act.twenty === 'one' ? 19 : 0)
  if (act.twenty === 'any' || act.twenty === 'each') return
  expect((await many.store.db.select().from(mail)).length - mails).toBeLessThanOrEqual(1)
  const sizes = await sizesOf(many)
  const [once] = await sendAll(many, act, [act.body])
  sent.push(`${act.route} ${once}`)
  expect(await sizesOf(many)).toEqual(sizes)
})

/** How many rows each table has. */
async function sizesOf({ rows }: Platform) {
  return Object.entries(await rows()).map(([name, all]) => [name, all.length])
}

test('each of them is in the audit, with how it ended', async () => {
  const { db } = many.store
  const outcome = sql<string>`REPLACE(${audit.act}, '/api/admin', '') || ' ' || ${auditOutcome.outcome}`
  const read = async () =>
    (
      await db
        .select({ outcome })
        .from(audit)
        .innerJoin(auditOutcome, eq(auditOutcome.auditId, audit.id))
    ).map((row) => row.outcome)
  // An outcome is written when the answer has gone.
  while ((await read()).length < sent.length) await Bun.sleep(10)
  expect((await read()).sort()).toEqual(sent.sort())
})
