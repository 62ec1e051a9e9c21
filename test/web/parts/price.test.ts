/** The calculator of a model's page promises what the ledger charges [T3.2, T3.3]. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { costOf, formatUsd, type Rate } from '../../../src/base/amount.ts'
import { describeHistory } from '../../../src/catalog/history.ts'
import type { Catalog, Model } from '../../../src/catalog/model.ts'
import { costOfCalls } from '../../../web/parts/price.ts'

/** A model as the pages get it, through the product's own words for prices. */
function sheetOf(rates: readonly Rate[]) {
  const model = {
    ...{ id: 'm', kind: 'chat', state: 'active', retiresAt: null, buy: [] },
    sell: [{ id: 'prc_1', effectiveFrom: 0, rates }],
  } as unknown as Model
  const [version] = describeHistory({ models: new Map([['m', model]]) } as Catalog, 'm', 1).data
  return version!
}

const price = fc.bigInt(0n, 10_000_000_000n)
const tokens = fc.nat(2_000_000)

test('a calculated call costs what it would be charged, to the last digit', () => {
  fc.assert(
    fc.property(
      fc.record({
        input: price,
        output: price,
        cached: price,
        long: price,
        from: fc.integer({ min: 1, max: 1_000_000 }),
      }),
      fc.tuple(tokens, tokens, tokens, fc.integer({ min: 1, max: 1000 })),
      ({ input, output, cached, long, from }, [prompt, read, completion, calls]) => {
        const rates: Rate[] = [
          { unit: 'input', minPromptTokens: 0, price: input },
          { unit: 'input', minPromptTokens: from, price: long },
          { unit: 'cache_read', minPromptTokens: 0, price: cached },
          { unit: 'output', minPromptTokens: 0, price: output },
        ]
        const cache_read = Math.min(read, prompt)
        const charged = costOf(
          { input: prompt - cache_read, cache_read, output: completion },
          rates,
        )
        const shape = { prompt, cached: read, completion }
        expect(costOfCalls(sheetOf(rates), shape, calls)).toBe(formatUsd(charged * BigInt(calls)))
      },
    ),
  )
})

test('each call is rounded up by itself, not their sum', () => {
  const sheet = sheetOf([{ unit: 'input', minPromptTokens: 0, price: 1n }])
  expect(costOfCalls(sheet, { prompt: 1, cached: 0, completion: 0 }, 3)).toBe('0.000000003')
})
