/** A crowd on little credit, again and again: 500 calls at once, credit for 37, and exactly 37 are answered and paid [T3.4]. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSimulator } from '../../src/demo/simulator/simulator.ts'
import { ask } from '../money/client.ts'
import type { Outcome } from './case.ts'
import { furnish, openFile, startProcess, verifyData } from './process.ts'

const crowd = 500
const paidFor = 37
/** A call's most: one token of answer and as many of the prompt as its bytes let expect. Held until all have asked. */
const model = 'sim-chat@silence=300'

export async function spendAtOnce(rounds: number): Promise<Outcome> {
  const data = mkdtempSync(join(tmpdir(), 'kkai-spend-'))
  const simulator = startSimulator({ hostname: '127.0.0.1', port: 0, journal: 'off' })
  const server = await startProcess(data)
  const troubles: string[] = []
  try {
    await furnish(server, simulator.url, { one: model }, { input: '0', output: '0.001' })
    for (let round = 1; round <= rounds; round++) {
      const person = { email: `${round}@example.com`, tier: 'operator' }
      const { account } = await server.run<{ account: string }>('account create', person)
      const amount = `0.${String(paidFor).padStart(9, '0')}`
      await server.run('credit grant', { account, amount, reason: 'test' })
      const { key } = await server.run<{ key: string }>('key create', { account, name: 'test' })
      const call = () => ask({ url: server.url, key }, { model: 'one', max_tokens: 1 })
      const answers = await Promise.all(Array.from({ length: crowd }, call))
      const answered = answers.filter(({ status }) => status === 200).length
      const refused = answers.filter(({ error }) => error === 'insufficient_credits').length
      const spent = spentBy(data, account)
      if (answered !== paidFor || refused !== crowd - paidFor || spent !== BigInt(paidFor)) {
        troubles.push(`round ${round}: ${answered} answered, ${refused} refused, ${spent} spent`)
      }
    }
    const wrong = await verifyData(data)
    if (wrong !== null) troubles.push(wrong)
    return { figures: `${rounds} rounds of ${crowd} at once, ${paidFor} paid for`, troubles }
  } finally {
    server.kill('SIGTERM')
    await server.exited
    await simulator.stop()
    rmSync(data, { recursive: true, force: true })
  }
}

function spentBy(data: string, account: string): bigint | undefined {
  const file = openFile(data)
  const row = file
    .query<{ spent: bigint }, [string]>('SELECT debits_posted AS spent FROM account WHERE id = ?')
    .get(account)
  file.close()
  return row?.spent
}
