/** The books: what the shops' customers were charged, against what the provider was asked for, to the nano-dollar. */
import type { Totals } from '../../src/demo/simulator/journal.ts'
import { runKkai } from './process.ts'
import { isOurs, pricePico } from './shape.ts'
import { readCredit } from './shop.ts'
import type { Stage } from './stage.ts'

export interface Books {
  calls: number
  ledgerNano: bigint
  journalNano: bigint
}

/** Throws where a shop's ledger does not prove itself. */
export async function readBooks({ provider, shops }: Stage): Promise<Books> {
  let ledgerNano = 0n
  for (const shop of shops) {
    ledgerNano += shop.startNano - (await readCredit(shop))
    await runKkai('verify', '--data', shop.data)
  }
  const reply = await fetch(`http://127.0.0.1:${provider.port}/journal/totals`)
  return { ...readJournal(((await reply.json()) as { models: JournalSums }).models), ledgerNano }
}

type JournalSums = Record<string, Pick<Totals, 'requests' | 'reported'>>

/** What came through ours, at our prices. */
export function readJournal(models: JournalSums): Pick<Books, 'calls' | 'journalNano'> {
  const ours = Object.keys(models)
    .filter(isOurs)
    .map((model) => models[model]!)
  const sum = (count: (totals: JournalSums[string]) => number | undefined) =>
    ours.reduce((total, one) => total + (count(one) ?? 0), 0)
  const pico =
    BigInt(sum((one) => one.reported.prompt)) * pricePico.input +
    BigInt(sum((one) => one.reported.completion)) * pricePico.output
  return { calls: sum((one) => one.requests), journalNano: pico / 1000n }
}
