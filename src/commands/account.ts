/** `kkai account …`: who owns credit and keys. */

import { createAccount, readAccount, reinstateAccount, suspendAccount } from '../account/account.ts'
import type { Parts } from '../admin/parts.ts'
import { formatUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { listKeys } from '../key/change.ts'
import { dataCommand, describeRows } from './command.ts'

export const accountCreate = dataCommand<{ email: string; tier?: string }, { account: string }>({
  name: 'account create',
  about: 'Make an account; it needs no further verification.',
  options: [
    { flags: '--email <address>', about: 'its e-mail address', needed: true },
    { flags: '--tier <name>', about: 'its limits, from the setting tiers (default: operator)' },
  ],
  examples: ['kkai account create --email ann@example.com'],
  changes: true,
  run: async ({ config, store, clock }, { email, tier = 'operator' }) => {
    if (!Object.hasOwn(config.tiers, tier)) {
      const known = Object.keys(config.tiers).join(', ')
      throw new AppError('invalid_request', {
        param: 'tier',
        message: `There is no tier ${tier}. The settings have ${known}.`,
      })
    }
    return { account: await createAccount(store, { email, tier }, clock.now()) }
  },
  describe: ({ account }) =>
    `${account}\nNext: kkai credit grant ${account} 10.00 --reason "…", then kkai key create ${account} --name main`,
})

type Shown = Awaited<ReturnType<typeof showAccount>>

async function showAccount({ store }: Parts, id: string) {
  const row = await readAccount(store, id)
  const keys = await listKeys(store, id)
  const balance = row.creditsPosted - row.debitsPosted
  return {
    account: row.id,
    email: row.email,
    tier: row.tier,
    state: row.state,
    reason: row.stateReason,
    balance_nano: balance.toString(),
    pending_nano: row.debitsPending.toString(),
    available_nano: (balance - row.debitsPending).toString(),
    created_at: new Date(row.createdAt).toISOString(),
    keys: keys.map(({ hash, name, suffix, state }) => ({ hash, name, suffix, state })),
  }
}

export const accountShow = dataCommand<{ account: string }, Shown>({
  name: 'account show',
  about: 'Show an account’s balance, holds, state and keys.',
  arguments: ['<account>'],
  examples: ['kkai account show acc_01k… --json'],
  changes: false,
  run: (parts, { account }) => showAccount(parts, account),
  describe: ({ keys, balance_nano, pending_nano, available_nano, ...facts }) =>
    describeRows({
      ...facts,
      balance: `$${formatUsd(BigInt(balance_nano))}`,
      held: `$${formatUsd(BigInt(pending_nano))}`,
      available: `$${formatUsd(BigInt(available_nano))}`,
      keys:
        keys
          .map((key) => `${key.name} (…${key.suffix}, ${key.state}, ${key.hash})`)
          .join('\n      ') || 'none',
    }),
})

const reason = { flags: '--reason <text>', about: 'why; kept with the account', needed: true }

export const accountSuspend = dataCommand<
  { account: string; reason: string },
  { account: string; state: string }
>({
  name: 'account suspend',
  about: 'Refuse an account’s calls from now on.',
  arguments: ['<account>'],
  options: [reason],
  examples: ['kkai account suspend acc_01k… --reason "chargeback"'],
  changes: true,
  run: async (parts, { account, reason }) => {
    await suspendAccount(parts, account, reason)
    return { account, state: 'suspended' }
  },
  describe: ({ account }) => `${account} is suspended.`,
})

export const accountReinstate = dataCommand<
  { account: string; reason: string },
  { account: string; state: string }
>({
  name: 'account reinstate',
  about: 'Take a suspended account’s calls again.',
  arguments: ['<account>'],
  options: [reason],
  examples: ['kkai account reinstate acc_01k… --reason "settled"'],
  changes: true,
  run: async (parts, { account, reason }) => {
    await reinstateAccount(parts, account, reason)
    return { account, state: 'active' }
  },
  describe: ({ account }) => `${account} is active again.`,
})
