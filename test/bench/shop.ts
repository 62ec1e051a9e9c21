/** Data directories for ours: something to sell, one customer with credit, and a key whose limits are real but never reached. */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../src/base/json.ts'
import { runKkai } from './process.ts'
import { seedCalls } from './seed.ts'

export interface Shop {
  data: string
  account: string
  key: string
  /** Of the key. */
  hash: string
  /** The customer's credit before the bench. */
  startNano: bigint
}

/** A minute's requests and tokens, and requests at once; of the key, and of the account by its tier. */
const limits = { rpm: 1_000_000_000, tpm: 2_000_000_000, concurrent: 100_000 }
const credit = '1000000'

export async function openShop(data: string, catalog: JsonObject): Promise<Shop> {
  const run = <T>(...args: string[]) => runKkai<T>(...args, '--data', data)
  const rows = Object.entries(limits).map(([name, most]) => [name, String(most)] as const)
  const file = join(data, 'catalog.json')
  mkdirSync(data)
  writeFileSync(file, JSON.stringify(catalog))
  writeFileSync(
    join(data, 'kkai.toml'),
    `[tiers.bench]\n${rows.map((row) => row.join(' = ')).join('\n')}\n`,
  )
  await run('catalog', 'apply', file)
  const owner = ['--email', 'bench@example.com', '--tier', 'bench']
  const { account } = await run<{ account: string }>('account', 'create', ...owner)
  await run('credit', 'grant', account, credit, '--reason', 'bench')
  const flags = rows.flatMap(([name, most]) => [`--${name}`, most])
  const made = await run<Pick<Shop, 'key' | 'hash'>>(
    ...['key', 'create', account, '--name', 'bench', ...flags],
  )
  return { data, account, ...made, startNano: await readCredit({ data, account }) }
}

/** The same shop elsewhere, with a history of so many calls. */
export async function copyShop(shop: Shop, data: string, calls: number): Promise<Shop> {
  cpSync(shop.data, data, { recursive: true })
  const copy = { ...shop, data }
  if (calls === 0) return copy
  await seedCalls(copy, calls)
  return { ...copy, startNano: await readCredit(copy) }
}

/** What is free: a hold that was left behind is missed like a charge. */
export async function readCredit({ data, account }: Pick<Shop, 'data' | 'account'>) {
  const shown = await runKkai<{ available_nano: string }>(
    ...['account', 'show', account, '--data', data],
  )
  return BigInt(shown.available_nano)
}
