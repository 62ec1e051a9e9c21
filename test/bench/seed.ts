/** A long history: as many calls as asked, held and settled through the ledger itself, over the last 30 days. */
import { join } from 'node:path'
import { eq } from 'drizzle-orm'
import { costOf } from '../../src/base/amount.ts'
import { newId } from '../../src/base/id.ts'
import { type Draft, openLedger } from '../../src/ledger/ledger.ts'
import { openStore } from '../../src/store/open.ts'
import { key, price } from '../../src/store/schema.ts'
import { pricePico, type Shape } from './shape.ts'
import type { Shop } from './shop.ts'

const spanMs = 30 * 24 * 3_600_000
/** As many as the store writes at once. */
const batch = 512
const units = { input: 30, output: 16 }
const model: Shape = 'call'

export async function seedCalls(shop: Pick<Shop, 'data' | 'account' | 'hash'>, calls: number) {
  const now = Date.now()
  const store = await openStore(join(shop.data, 'kkai.db'), now)
  const ledger = openLedger(store)
  const [{ id: keyId } = { id: '' }] = await store.db
    .select()
    .from(key)
    .where(eq(key.hash, shop.hash))
  const [{ id: priceId } = { id: '' }] = await store.db
    .select()
    .from(price)
    .where(eq(price.modelId, model))
  const rates = (['input', 'output'] as const).map((unit) => ({
    ...{ unit, minPromptTokens: 0, price: pricePico[unit] },
  }))
  const cost = costOf(units, rates)

  async function book(createdAt: number): Promise<void> {
    const draft: Draft = {
      ...{ modelId: model, priceId, buyPriceId: null, streamed: false, caller: null },
      ...{ createdAt, periodStart: 0 },
    }
    const id = newId('gen-', createdAt)
    await ledger.open(
      {
        ...{ id, accountId: shop.account, keyId, periodStart: 0, instanceId: 'seed' },
        ...{ amount: cost, least: cost, draft: JSON.stringify(draft) },
      },
      createdAt,
    )
    await ledger.resolve(
      {
        ...{ id, draft, channelId: 'provider', units, cost, buyCost: 0n, reportedCost: null },
        ...{ usageSource: 'provider', outcome: 'complete', flags: null, status: 200 },
        ...{ finishReason: 'stop', firstTokenMs: null, durationMs: 1, overdraft: 0n },
        capAtHold: false,
      },
      createdAt,
    )
  }

  for (let done = 0; done < calls; done += batch) {
    const size = Math.min(batch, calls - done)
    const at = now - spanMs + Math.floor((spanMs * done) / calls)
    await Promise.all(Array.from({ length: size }, () => book(at)))
  }
  await store.close()
}
