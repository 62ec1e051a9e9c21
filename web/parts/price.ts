/**
 * What a call would cost at a model's prices, exactly as it is charged: pico-USD in whole numbers, and one rounding up to
 * nano-USD for each call. The product's own arithmetic is `src/base/amount.ts`; the browser takes no code from there.
 */

export interface PriceSheet {
  /** USD per 1,000,000 units, by class of unit. */
  prices: { readonly [unit: string]: string | undefined }
  long_prompts: readonly { min_prompt_tokens: number; prices: PriceSheet['prices'] }[]
}

export interface CallShape {
  /** All that goes in, `cached` included. */
  prompt: number
  cached: number
  completion: number
}

/** The prices for a prompt of that length. */
export function pricesAt(sheet: PriceSheet, prompt: number): PriceSheet['prices'] {
  return (
    sheet.long_prompts.findLast((one) => prompt >= one.min_prompt_tokens)?.prices ?? sheet.prices
  )
}

/** Exact USD for `calls` calls of that shape. */
export function costOfCalls(sheet: PriceSheet, shape: CallShape, calls: number): string {
  const prices = pricesAt(sheet, shape.prompt)
  const cached = Math.min(shape.cached, shape.prompt)
  const pico =
    BigInt(shape.prompt - cached) * picoPerUnit(prices.input) +
    BigInt(cached) * picoPerUnit(prices.cache_read) +
    BigInt(shape.completion) * picoPerUnit(prices.output) +
    picoPerUnit(prices.request)
  const nano = ((pico + 999n) / 1000n) * BigInt(calls)
  const digits = nano.toString().padStart(10, '0')
  const fraction = digits.slice(-9).replace(/0+$/, '').padEnd(2, '0')
  return `${digits.slice(0, -9)}.${fraction}`
}

/** `"2.5"` USD per 1,000,000 is 2,500,000 pico-USD each. */
function picoPerUnit(price = '0'): bigint {
  const [whole = '0', fraction = ''] = price.split('.')
  return BigInt(whole + fraction.padEnd(6, '0'))
}
