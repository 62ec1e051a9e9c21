/** Processors call back: what proves itself is booked before it is answered, what does not leaves a line and a count alone. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import { silentLog } from '../../src/base/log.ts'
import { callbackRoutes } from '../../src/billing/callback-routes.ts'
import { createTopUp, readTopUp } from '../../src/billing/top-up.ts'
import { account } from '../../src/store/schema.ts'
import { openTestSqlite } from '../helpers/database.ts'
import { newTeam, openPeople, type TestPeople } from '../helpers/people.ts'
import { down, type Scripted, scriptedProcessor } from '../helpers/processor.ts'
import { open as openHttp } from '../http/open.ts'

const usd = 1_000_000_000n

describe('a callback', () => {
  let people: TestPeople
  let processor: Scripted
  let url: string
  let count = 0
  const refused: string[] = []
  const lines: string[] = []

  beforeAll(async () => {
    processor = scriptedProcessor()
    const note = (event: string, facts = {}) => {
      lines.push(JSON.stringify({ event, ...facts }))
    }
    people = {
      ...(await openPeople(await openTestSqlite())),
      processors: new Map([['scripted', processor]]),
      log: { ...silentLog, warn: note, error: note },
    }
    const callbackRefused = (name: string, why: string) => refused.push(`${name} ${why}`)
    url = openHttp((http) => http.use(callbackRoutes(people, { callbackRefused }))).url
  })

  async function order() {
    const accountId = await newTeam(people, `acc_${++count}`, { [`ann${count}`]: 'owner' })
    return createTopUp(people, {
      ...{ accountId, userId: null, origin: 'customer', processor: 'scripted', method: 'card' },
      ...{ credit: 25n * usd, once: 'form' },
    })
  }
  const send = (hint: object, { proof = 'proof', name = 'scripted' } = {}) =>
    fetch(`${url}/api/payments/${name}`, {
      ...{ method: 'POST', body: JSON.stringify(hint), headers: { 'x-proof': proof } },
    })
  async function balanceOf(accountId: string) {
    const [row] = await people.store.db.select().from(account).where(eq(account.id, accountId))
    return row?.creditsPosted
  }

  test.each(['orderId', 'checkoutId'] as const)(
    'that names the order by %s is answered once the credit is there',
    async (name) => {
      const row = await order()
      processor.say(row.id, { state: 'paid' })
      const answer = await send({ [name]: name === 'orderId' ? row.id : row.checkoutId })
      expect([answer.status, await answer.text()]).toEqual([200, '1|OK'])
      expect(await balanceOf(row.accountId)).toBe(25n * usd)
    },
  )

  test('that says paid while the processor does not is worth nothing', async () => {
    const row = await order()
    expect((await send({ orderId: row.id, state: 'paid', amount: 2500 })).status).toBe(200)
    expect(await balanceOf(row.accountId)).toBe(0n)
  })

  test('keeps the numbers that it alone tells', async () => {
    const row = await order()
    processor.say(row.id, { state: 'pending' })
    await send({ orderId: row.id, payAt: { bank: '812' } })
    expect(await readTopUp(people.store, row.id)).toMatchObject({
      ...{ state: 'pending', payAt: { bank: '812' } },
    })
  })

  test('that is forged is refused, logged without its body, and counted', async () => {
    const row = await order()
    processor.say(row.id, { state: 'paid' })
    lines.length = 0
    const answer = await send({ orderId: row.id, secret: 'body' }, { proof: 'none' })
    expect(answer.status).toBe(400)
    expect(await balanceOf(row.accountId)).toBe(0n)
    expect(refused).toEqual(['scripted signature'])
    expect(lines).toEqual([
      JSON.stringify({ event: 'callback.refused', processor: 'scripted', why: 'signature' }),
    ])
  })

  test.each(['stripe', 'manual', '__proto__'])(
    'of %s, which is off, meets nothing',
    async (name) => {
      expect((await send({}, { name })).status).toBe(404)
    },
  )

  test('larger than any callback is not read', async () => {
    expect((await send({ orderId: 'x'.repeat(300_000) })).status).toBe(413)
  })

  test('about nothing of ours is taken, so that it is not sent again', async () => {
    for (const hint of [{}, { orderId: 'top_none' }, { paymentId: 'pay_none' }]) {
      expect((await send(hint)).status).toBe(200)
    }
  })

  test('that cannot be booked is answered 503, and is booked when it is sent again', async () => {
    const row = await order()
    processor.say(row.id, { state: 'paid' })
    processor.before = down
    expect((await send({ orderId: row.id })).status).toBe(503)
    processor.before = () => {}
    const { ledger } = people
    const broken = new Error('disk full')
    people.ledger = { ...ledger, transfer: () => Promise.reject(broken) }
    expect((await send({ orderId: row.id })).status).toBe(503)
    people.ledger = ledger
    expect(await balanceOf(row.accountId)).toBe(0n)
    expect((await send({ orderId: row.id })).status).toBe(200)
    expect(await balanceOf(row.accountId)).toBe(25n * usd)
  })
})
