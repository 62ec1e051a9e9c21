/** What was asked and answered is kept only where an account chose so, sealed, for its days, and gone when it chooses otherwise [T5.3]. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { changeSettings } from '../../src/account/settings.ts'
import { openBodies } from '../../src/gateway/body.ts'
import { body } from '../../src/store/people.ts'
import { type Customer, openPlatform, type Platform, stores } from '../money/platform.ts'

const secretWords = 'my very secret question'
const dayMs = 86_400_000

describe.each(stores)('on %s', (_, settings) => {
  let platform: Platform
  let model: string
  beforeAll(async () => {
    platform = await openPlatform(await settings())
    model = await platform.sell('kept', 'sim-fast')
  }, 30_000)

  const call = async (customer: Customer) => {
    const reply = await fetch(`${platform.url}/api/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${customer.key}` },
      body: JSON.stringify({ model, messages: [{ role: 'user', content: secretWords }] }),
    })
    const { id, choices } = (await reply.json()) as {
      id: string
      choices: { message: { content: string } }[]
    }
    await platform.settled()
    return { id, answer: choices[0]?.message.content ?? '' }
  }
  const rows = () => platform.parts.store.db.select().from(body)
  const bodies = () => openBodies(platform.parts.store, platform.parts.sealingKey)

  /** Written after the call has ended: looked for until it is there. */
  async function kept(account: string, id: string, now: number) {
    for (let tries = 0; tries < 200; tries++) {
      const found = await bodies().read(account, id, now)
      if (found) return found
      await Bun.sleep(5)
    }
    return null
  }

  test('nothing is kept unless the account chose so', async () => {
    await call(await platform.customer(10n ** 9n))
    await Bun.sleep(50)
    expect(await rows()).toEqual([])
  })

  test('it is sealed, read by its account alone, until its days are over or it chooses otherwise', async () => {
    const customer = await platform.customer(10n ** 9n)
    await changeSettings(platform.parts, customer.account, { body_days: 7 })
    const { id, answer } = await call(customer)
    const now = platform.parts.clock.now()
    expect(await kept(customer.account, id, now)).toMatchObject({
      request: { messages: [{ content: secretWords }] },
      reply: answer,
    })
    expect(JSON.stringify(await rows())).not.toContain(secretWords)
    expect(await bodies().read('acc_other', id, now)).toBeNull()
    expect(await bodies().read(customer.account, id, now + 8 * dayMs)).toBeNull()
    await changeSettings(platform.parts, customer.account, { body_days: 0 })
    expect(await rows()).toEqual([])
  })
})
