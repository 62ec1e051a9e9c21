/** `kkai credit grant` and `kkai statement`: an account's money. */
import { readAccount } from '../account/account.ts'
import { formatUsd, parseUsd } from '../base/amount.ts'
import { grantCredit } from '../billing/grant.ts'
import { readStatement } from '../ledger/statement.ts'
import { dataCommand } from './command.ts'
import { readCount, readFuture } from './value.ts'

interface Granted {
  account: string
  /** Null where that reference was granted before. */
  transfer: string | null
  amount_nano: string
  balance_nano: string
}

export const creditGrant = dataCommand<
  { account: string; amount: string; reason: string; expires?: string; reference?: string },
  Granted
>({
  name: 'credit grant',
  about: 'Give an account credit, in USD.',
  arguments: ['<account>', '<amount>'],
  options: [
    { flags: '--reason <text>', about: 'why; kept with the movement', needed: true },
    { flags: '--expires <date>', about: 'when what is left of it ends (default: never)' },
    { flags: '--reference <text>', about: 'your own number: what has it is granted once' },
  ],
  examples: [
    'kkai credit grant acc_01k… 10.00 --reason "welcome"',
    'kkai credit grant acc_01k… 5.00 --reason "trial" --expires 2027-01-31',
  ],
  changes: true,
  run: async (parts, { account, amount, reason, expires, reference = null }) => {
    const { store, clock } = parts
    const nano = parseUsd(amount, 'amount')
    const expiresAt = expires === undefined ? null : readFuture(expires, 'expires', clock.now())
    const id = await grantCredit(parts, {
      ...{ accountId: account, amount: nano, reason, expiresAt, reference },
      actor: 'command',
    })
    const { creditsPosted, debitsPosted } = await readAccount(store, account)
    return {
      account,
      transfer: id,
      amount_nano: nano.toString(),
      balance_nano: (creditsPosted - debitsPosted).toString(),
    }
  },
  describe: ({ account, transfer, amount_nano, balance_nano }) =>
    `${transfer === null ? 'That was granted before' : `Granted $${formatUsd(BigInt(amount_nano))}`}. ${account} has $${formatUsd(BigInt(balance_nano))}.`,
})

type Line = Record<'id' | 'code' | 'amount_nano' | 'balance_nano' | 'created_at', string> & {
  seq: number
  call: string | null
  reason: string | null
}

export const statement = dataCommand<
  { account: string; limit?: string; after?: string },
  { account: string; lines: Line[] }
>({
  name: 'statement',
  about: 'List what moved an account’s balance, newest first.',
  arguments: ['<account>'],
  options: [
    { flags: '--limit <count>', about: 'how many lines (default: 50)' },
    { flags: '--after <seq>', about: 'go on below the line with that number' },
  ],
  examples: ['kkai statement acc_01k… --limit 20'],
  changes: false,
  run: async ({ store }, { account, limit, after }) => {
    await readAccount(store, account)
    const page = {
      limit: readCount(limit ?? '50', 'limit', 10_000),
      ...(after !== undefined && { after: readCount(after, 'after') }),
    }
    const rows = await readStatement(store, account, page)
    return {
      account,
      lines: rows.map(({ seq, id, code, amount, balance, callId, reason, createdAt }) => ({
        ...{ seq, id, code, call: callId, reason },
        amount_nano: amount.toString(),
        balance_nano: balance.toString(),
        created_at: new Date(createdAt).toISOString(),
      })),
    }
  },
  describe: ({ lines }) =>
    lines
      .map(({ seq, created_at, code, amount_nano, balance_nano, call, reason }) =>
        [
          String(seq).padStart(6),
          created_at,
          code.padEnd(12),
          formatUsd(BigInt(amount_nano)).padStart(16),
          formatUsd(BigInt(balance_nano)).padStart(16),
          call ?? reason ?? '',
        ].join('  '),
      )
      .join('\n') || 'Nothing has moved yet.',
})
