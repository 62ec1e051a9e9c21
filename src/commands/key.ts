/** `kkai key …`: keys by their hash, or by the secret itself for whoever has it. */
import { formatUsd, parseUsd } from '../base/amount.ts'
import { AppError } from '../base/error.ts'
import { sha256 } from '../base/secret.ts'
import {
  changeKey,
  type KeyRow,
  readKeyRow,
  revokeKey,
  rotateKey,
  switchKey,
} from '../key/change.ts'
import { createKey, isSecret, type KeyTerms } from '../key/issue.ts'
import { type Command, dataCommand, describeRows, type Option } from './command.ts'
import {
  readChoice,
  readCount,
  readDuration,
  readFuture,
  readNames,
  readRanges,
  refuse,
} from './value.ts'

type Limits = Partial<
  Record<'limit' | 'reset' | 'rpm' | 'tpm' | 'concurrent' | 'models' | 'ips' | 'expires', string>
>

const limitOptions: Option[] = [
  { flags: '--limit <usd>', about: 'credit it may spend a period' },
  {
    flags: '--reset <period>',
    about: 'daily, weekly or monthly (UTC); without it the limit is for good',
  },
  { flags: '--rpm <count>', about: 'requests a minute' },
  { flags: '--tpm <count>', about: 'tokens a minute' },
  { flags: '--concurrent <count>', about: 'requests at once' },
  { flags: '--models <ids>', about: 'only these models, divided by commas' },
  { flags: '--ips <ranges>', about: 'only from these addresses or CIDR ranges' },
  { flags: '--expires <date>', about: 'refused from then on (UTC)' },
]

/** Only what was given. */
function readTerms(values: Limits, now: number): Partial<KeyTerms> {
  const { limit, reset, rpm, tpm, concurrent, models, ips, expires } = values
  if (reset !== undefined && limit === undefined) {
    throw new AppError('invalid_request', { param: 'reset', message: '--reset needs a --limit.' })
  }
  return {
    ...(limit !== undefined && { creditLimit: parseUsd(limit, '--limit') }),
    ...(reset !== undefined && {
      creditReset: readChoice(reset, 'reset', ['daily', 'weekly', 'monthly']),
    }),
    ...(rpm !== undefined && { rpm: readCount(rpm, 'rpm') }),
    ...(tpm !== undefined && { tpm: readCount(tpm, 'tpm') }),
    ...(concurrent !== undefined && { concurrent: readCount(concurrent, 'concurrent') }),
    ...(models !== undefined && { models: readNames(models, 'models') }),
    ...(ips !== undefined && { ips: readRanges(ips, 'ips') }),
    ...(expires !== undefined && { expiresAt: readFuture(expires, 'expires', now) }),
  }
}

const unlimited: Omit<KeyTerms, 'name'> = {
  ...{ expiresAt: null, creditLimit: null, creditReset: null, rpm: null, tpm: null },
  ...{ concurrent: null, models: null, ips: null },
}

export const keyCreate = dataCommand<
  Limits & { account: string; name: string },
  { key: string; hash: string; account: string }
>({
  name: 'key create',
  about: 'Make an API key; its secret is shown this once.',
  arguments: ['<account>'],
  options: [{ flags: '--name <text>', about: 'what it is for', needed: true }, ...limitOptions],
  examples: [
    'kkai key create acc_01k… --name main',
    'kkai key create acc_01k… --name ci --limit 5 --reset monthly --rpm 60 --models gpt-5-mini',
  ],
  changes: true,
  run: async ({ store, clock }, { account, name, ...limits }) => {
    if (name.trim() === '') throw refuse('name', 'what it is for', name)
    const terms = { ...unlimited, name, ...readTerms(limits, clock.now()) }
    const { secret, hash } = await createKey(store, account, terms, clock.now())
    return { key: secret, hash, account }
  },
  describe: ({ key, hash }) =>
    `${key}\nKeep it now: it is not shown again. Its hash, to address it by, is ${hash}`,
})

export const keyShow = dataCommand<{ hash: string }, ReturnType<typeof showKey>>({
  name: 'key show',
  about: 'Show a key’s state, limits and spending.',
  arguments: ['<hash>'],
  examples: ['kkai key show 3f9a…'],
  changes: false,
  run: async ({ store }, { hash }) => showKey(await readKeyRow(store, hashOf(hash))),
  describe: ({ limits, ...facts }) => describeRows({ ...facts, ...limits }),
})

function showKey(row: KeyRow) {
  const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString())
  return {
    hash: row.hash,
    account: row.accountId,
    name: row.name,
    suffix: row.suffix,
    state: row.state,
    expires_at: iso(row.expiresAt),
    created_at: iso(row.createdAt),
    limits: {
      limit: row.creditLimit === null ? null : formatUsd(row.creditLimit),
      reset: row.creditReset,
      rpm: row.rpm,
      tpm: row.tpm,
      concurrent: row.concurrent,
      models: row.models,
      ips: row.ips,
    },
    spent_nano: row.spent.toString(),
    held_nano: row.held.toString(),
    period_start: row.periodStart === 0 ? null : iso(row.periodStart),
  }
}

export const keyLimit = dataCommand<Limits & { hash: string }, ReturnType<typeof showKey>>({
  name: 'key limit',
  about: 'Change a key’s limits; what is not given stays.',
  arguments: ['<hash>'],
  options: limitOptions,
  examples: ['kkai key limit 3f9a… --limit 20 --reset monthly'],
  changes: true,
  run: async ({ store, clock }, { hash, ...limits }) => {
    const terms = readTerms(limits, clock.now())
    if (Object.keys(terms).length === 0) {
      throw new AppError('invalid_request', {
        message: 'Give at least one limit. See kkai key limit --help.',
      })
    }
    await changeKey(store, hashOf(hash), terms)
    return showKey(await readKeyRow(store, hashOf(hash)))
  },
  describe: ({ limits }) => describeRows(limits),
})

const switches = {
  disable: ['disabled', 'Refuse a key until it is enabled again.'],
  enable: ['active', 'Take a disabled key again.'],
} as const

function switchCommand(verb: keyof typeof switches): Command {
  const [state, about] = switches[verb]
  return dataCommand<{ hash: string }, { hash: string; state: string }>({
    name: `key ${verb}`,
    about,
    arguments: ['<hash>'],
    examples: [`kkai key ${verb} 3f9a…`],
    changes: true,
    run: async ({ store }, { hash }) => {
      await switchKey(store, hashOf(hash), state)
      return { hash: hashOf(hash), state }
    },
    describe: ({ hash, state }) => `The key ${hash} is ${state}.`,
  })
}
export const keyDisable = switchCommand('disable')
export const keyEnable = switchCommand('enable')

export const keyRevoke = dataCommand<{ hash: string }, { hash: string; state: string }>({
  name: 'key revoke',
  about: 'Revoke a key for good, by its hash or the secret itself.',
  arguments: ['<hash>'],
  examples: ['kkai key revoke 3f9a…'],
  changes: true,
  run: async ({ store }, { hash }) => {
    await revokeKey(store, hashOf(hash))
    return { hash: hashOf(hash), state: 'revoked' }
  },
  describe: ({ hash }) => `The key ${hash} is revoked.`,
})

interface Rotated {
  key: string
  hash: string
  old_hash: string
  old_expires_at: string
}

export const keyRotate = dataCommand<{ hash: string; overlap?: string }, Rotated>({
  name: 'key rotate',
  about: 'Make a new key with the same limits; the old one expires after an overlap.',
  arguments: ['<hash>'],
  options: [{ flags: '--overlap <time>', about: 'how long both work (default: 24h)' }],
  examples: ['kkai key rotate 3f9a… --overlap 1h'],
  changes: true,
  run: async ({ store, clock }, { hash, overlap = '24h' }) => {
    const overlapMs = readDuration(overlap, 'overlap')
    const {
      secret,
      hash: made,
      oldExpiresAt,
    } = await rotateKey(store, hashOf(hash), overlapMs, clock.now())
    const old = { old_hash: hashOf(hash), old_expires_at: new Date(oldExpiresAt).toISOString() }
    return { key: secret, hash: made, ...old }
  },
  describe: ({ key, hash, old_expires_at }) =>
    `${key}\nKeep it now: it is not shown again. Its hash is ${hash}. The old key works until ${old_expires_at}.`,
})

const hashOf = (text: string) => (isSecret(text) ? sha256(text) : text)
