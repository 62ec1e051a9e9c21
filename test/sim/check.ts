/**
 * What must hold after a simulated run. The ledger proves itself; here it is compared with what others know: the bank's
 * truth, what people were promised and told, and the provider's journal. Nothing of the product's arithmetic is used.
 */
import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import type { Entry } from '../../src/demo/simulator/journal.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { openReader } from '../../src/store/reader.ts'
import type { Paid } from './bank.ts'
import { liars, widest } from './call.ts'
import { overdraft } from './life.ts'
import type { Scene, Told } from './scene.ts'

interface Checking {
  /** Nano-USD a token. */
  price: bigint
  trace: Bun.CryptoHasher
  seen: Map<string, number>
}

interface Transfer {
  id: string
  account_id: string
  phase: string
  code: string
  debit_id: string
  credit_id: string
  amount: bigint
  actor: string | null
  created_at: bigint
  hash: string
}
interface Record {
  id: string
  account_id: string
  outcome: string
  usage_source: string
  flags: string | null
  cost: bigint
  charged: bigint
}

const cent = 10_000_000n

export async function findTroubles(scene: Scene, checking: Checking): Promise<string[]> {
  const path = join(scene.platform.data, 'kkai.db')
  const file = new Database(path, { readonly: true, strict: true, safeIntegers: true })
  const transfers = file
    .query<Transfer, []>('SELECT * FROM transfer ORDER BY account_id, seq')
    .all()
  const records = file.query<Record, []>('SELECT * FROM usage ORDER BY id').all()
  for (const { hash } of transfers) checking.trace.update(hash)
  count(checking.seen, transfers, records)
  const troubles = [
    ...wrongCalls(scene, records, checking.price),
    ...wrongBalances(scene, file, transfers, records),
    ...wrongFloors(transfers),
    ...leftOver(file),
    ...[...checking.seen.keys()].filter((what) => /^error: (?!refund.beyond)/.test(what)),
  ]
  file.close()
  const store = await openReader(path, 0)
  const { checks } = await verifyLedger(store)
  await store.close()
  const failed = checks.filter(({ ok }) => !ok)
  return [...troubles, ...failed.map(({ name, detail }) => `verify: ${name}: ${detail}`)]
}

function count(seen: Map<string, number>, transfers: Transfer[], records: Record[]): void {
  const saw = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
  for (const { code, phase } of transfers) saw(`booked: ${code} ${phase}`)
  for (const { outcome, flags, charged, usage_source } of records) {
    saw(`ended: ${outcome}`)
    saw(`usage: ${usage_source}`)
    if (flags?.includes('clamped')) saw('hold clamped')
    if (outcome === 'crashed' && charged > 0n) saw('crash charged')
  }
}

/** Each call against what the provider sent and its client received. */
function wrongCalls({ provider, told }: Scene, records: Record[], price: bigint): string[] {
  const journal = Map.groupBy(provider.journal.entries(), ({ caller }) => caller ?? '')
  const heard = new Map(told.map((one) => [one.id, one]))
  const known = new Map(records.map((record) => [record.id, record]))
  const unheld = [...journal.keys()].filter((id) => !known.has(id))
  const lost = told.filter(({ cost, id }) => cost !== null && known.get(id ?? '')?.charged !== cost)
  return [
    ...unheld.map((id) => `${id} was asked of the provider without a record`),
    ...lost.map(({ id, cost }) => `${id} was told ${cost}, which is not what is charged`),
    ...records.flatMap((record) => {
      const [least, most] = boundsOf(record, journal.get(record.id)?.at(-1), heard.get(record.id))
      const right = record.cost >= least * price && record.cost <= most * price
      const fits = record.charged <= record.cost && record.charged >= 0n
      return right && fits
        ? []
        : [`${record.id} ${record.outcome}: ${record.cost} not ${least}…${most}`]
    }),
  ]
}

/** Tokens that a call costs at least and at most. */
function boundsOf(
  { outcome, usage_source: source }: Record,
  entry: Entry | undefined,
  told: Told | undefined,
): [bigint, bigint] {
  if (outcome === 'failed' || outcome === 'refused') return [0n, 0n]
  // Who left while a provider was being asked pays for the prompt.
  if (entry === undefined)
    return [0n, BigInt(outcome === 'client_left' ? countPrompt(told?.prompt) : 0)]
  const { usage, delivered, model } = entry
  if (outcome === 'complete' && !liars.some((liar) => model?.startsWith(liar))) {
    const exact = BigInt(Number(usage?.prompt) + Number(usage?.completion))
    return [exact, exact]
  }
  const { output = 0, reasoning = 0, input = 0 } = delivered
  const received = countTokens(told?.text ?? '')
  const prompt = Math.max(countPrompt(promptOf(entry)), input)
  const sent = (output + reasoning) * (model?.startsWith('demo/utf8') ? widest : 1)
  const sure = source === 'counted' && outcome !== 'crashed'
  // The first word of thought and of text has no space before it, and may then be two tokens.
  return [sure ? BigInt(received) : 0n, BigInt(prompt + Math.max(sent, received) + 2)]
}

/** As the product says that it counts: three tokens around each message and at the end. */
const countPrompt = (text = '') => countTokens(text) + 6

/** The one message that the provider received, in either dialect. */
function promptOf({ body }: Entry): string {
  const [message] = (body?.messages ?? []) as { content: string | { text: string }[] }[]
  const content = message?.content ?? ''
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('')
}

/** Each balance against the bank's truth, what was promised, and what calls cost. */
function wrongBalances(
  { customers, bank, orders, grants, vouchers }: Scene,
  file: Database,
  transfers: Transfer[],
  records: Record[],
): string[] {
  const sum = <T>(rows: readonly T[], of: (row: T) => bigint) =>
    rows.reduce((all, row) => all + of(row), 0n)
  const balance = file.query<{ balance: bigint; held: bigint }, [string]>(
    'SELECT credits_posted - debits_posted AS balance, debits_pending AS held FROM account WHERE id = ?',
  )
  const twice = vouchers.filter(({ winners, tried }) => winners.size !== (tried ? 1 : 0))
  return [
    ...twice.map(
      ({ winners }) => `a voucher was redeemed by ${[...winners].join(' and ') || 'nobody'}`,
    ),
    ...customers.flatMap(({ account }) => {
      const mine = orders.filter((order) => order.account === account)
      const money = sum(mine, ({ id }) => {
        const paid = bank.orders.get(id)
        return paid === undefined ? 0n : bank.left(paid) * cent
      })
      const given = sum(
        grants.filter((one) => one.account === account),
        ({ amount }) => amount,
      )
      const won = sum(
        vouchers.filter(({ winners }) => winners.has(account)),
        ({ amount }) => amount,
      )
      const calls = sum(
        records.filter((one) => one.account_id === account),
        ({ charged }) => charged,
      )
      const ended = transfers.filter((one) => one.account_id === account && one.code === 'expiry')
      const expected = money + given + won - calls - sum(ended, ({ amount }) => amount)
      // What of a refund is no whole cent stays with the platform.
      const most = cent * BigInt(mine.flatMap(({ id }) => ours(bank.orders.get(id))).length)
      const found = balance.get(account)
      const rounded = expected - (found?.balance ?? 0n)
      return rounded >= 0n && (rounded === 0n || rounded < most) && found?.held === 0n
        ? []
        : [`${account} has ${found?.balance}, ${found?.held} held, instead of ${expected}`]
    }),
  ]
}

const ours = (paid: Paid | undefined) => paid?.refunds.filter((one) => one.ours !== null) ?? []

/** No call takes a balance below minus the allowance; only what happened outside may be below that already. */
function wrongFloors(transfers: Transfer[]): string[] {
  const balances = new Map<string, { balance: bigint; taken: bigint }>()
  return transfers.flatMap(({ id, account_id, phase, code, debit_id, credit_id, amount }) => {
    const at = balances.get(account_id) ?? { balance: 0n, taken: 0n }
    balances.set(account_id, at)
    if (phase === 'pending' || phase === 'void') return []
    if (credit_id === account_id) at.balance += amount
    if (debit_id === account_id) at.balance -= amount
    if (code === 'dispute' || (code === 'refund' && phase === 'single')) at.taken += amount
    return at.balance < -overdraft - at.taken ? [`${id} took ${account_id} to ${at.balance}`] : []
  })
}

/** What must be nowhere once all is quiet. */
function leftOver(file: Database): string[] {
  const questions = {
    'left held': 'SELECT id FROM hold',
    'left frozen': "SELECT id FROM refund WHERE state IN ('asked', 'failed')",
    'promised and not paid back': "SELECT id FROM refund WHERE state = 'approved'",
    'expired before its time': `SELECT t.id FROM transfer t JOIN lot ON lot.id = t.corrects_id
      WHERE t.code = 'expiry' AND t.created_at < lot.expires_at`,
    'paid without a receipt': `SELECT id FROM top_up WHERE state = 'paid'
      AND NOT EXISTS (SELECT 1 FROM receipt WHERE receipt.top_up_id = top_up.id AND kind = 'receipt')`,
  }
  return Object.entries(questions).flatMap(([what, text]) => {
    const rows = file.query<{ id: string }, []>(text).all()
    return rows.map(({ id }) => `${what}: ${id}`)
  })
}
