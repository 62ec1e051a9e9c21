/**
 * Settings: one table, name → kind, default, help line. A value comes from a flag, else from the environment (`KKAI_NAME`;
 * for a secret also `KKAI_NAME_FILE`), else from `kkai.toml`, else from here. An unknown name is an error, never ignored.
 * Only this file reads the environment.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { FatalError } from './base/error.ts'
import {
  address,
  count,
  endpoint,
  flag,
  headers,
  hexKey,
  type Kind,
  list,
  oneOf,
  origin,
  share,
  text,
  tiers,
  usd,
} from './base/kind.ts'
import { nearest } from './base/nearest.ts'

interface Setting<T> {
  kind: Kind<T>
  fallback: string | null
  help: string
  secret: boolean
}

function setting<T>(kind: Kind<T>, fallback: string, help: string): Setting<T>
function setting<T>(kind: Kind<T>, fallback: null, help: string): Setting<T | null>
function setting<T>(kind: Kind<T>, fallback: string | null, help: string): Setting<T | null> {
  return { kind, fallback, help, secret: false }
}
const secret = (kind: Kind<string>, help: string): Setting<string | null> => ({
  ...setting(kind, null, help),
  secret: true,
})

// biome-ignore format: a table is read by its rows
export const settings = {
  data: setting(text, 'kkai-data', 'Directory of the database, the sealing key, the lock and kkai.toml.'),
  listen: setting(address, '127.0.0.1:8080', 'Address the server listens on.'),
  public_url: setting(origin, null, 'Address that customers use, such as https://ai.example.com.'),
  database: secret(text, 'postgres://… for several nodes. Default: SQLite in the data directory.'),
  database_thread: setting(flag, 'false', 'SQLite in a thread of its own: for a disk whose fsync takes over a millisecond.'),
  sealing_key: secret(hexKey, '64 hex digits that seal credentials. Default: the file sealing.key in the data directory.'),
  overdraft: setting(usd, '0.05', 'USD that a running stream may take an account below zero.'),
  clamp: setting(flag, 'true', 'Lower max_tokens to what the balance covers instead of refusing.'),
  stream_expectation: setting(count, '4096', 'Output tokens held for a stream that names no limit.'),
  charge_empty_errors: setting(flag, 'false', 'Charge an empty answer that ended in an error.'),
  first_byte_ms: setting(count, '120000', 'Longest wait for the first byte of a provider.'),
  connect_ms: setting(count, '10000', 'Longest wait for a connection to a provider.'),
  silence_ms: setting(count, '60000', 'Longest silence within a provider’s answer, and longest that its client may take nothing of it.'),
  total_ms: setting(count, '1800000', 'Longest answer of a provider.'),
  keep_alive_after_ms: setting(count, '15000', 'Silence after which a client gets keep-alive comments.'),
  keep_alive_ms: setting(count, '8000', 'Time between keep-alive comments.'),
  body_limit_bytes: setting(count, '33554432', 'Largest request body.'),
  reply_limit_bytes: setting(count, '33554432', 'Largest decoded reply of a provider.'),
  drain_ms: setting(count, '30000', 'Time that running streams get when the server stops.'),
  trusted_proxies: setting(list, '', 'Addresses or CIDR ranges whose X-Forwarded-For is believed.'),
  metrics_token: secret(text, 'Token for /metrics from elsewhere than this machine.'),
  otel_endpoint: setting(endpoint, null, 'OpenTelemetry collector (OTLP over HTTP, JSON) for traces of calls, such as http://127.0.0.1:4318. Without it nothing is traced.'),
  otel_headers: secret(headers, 'Headers for the collector: NAME=VALUE, more divided by commas.'),
  otel_sample: setting(share, '1', 'Share of calls that are traced, 0 to 1.'),
  otel_propagate: setting(flag, 'false', 'Send a traceparent to providers with each traced call.'),
  log_level: setting(oneOf('debug', 'info', 'warning', 'error'), 'info', 'Least important line that is logged.'),
  smtp_url: secret(text, 'smtp://user:password@host:587 or smtps://…: how mail is sent. Without it nothing is.'),
  mail_from: setting(text, null, 'Sender of mails, such as "AI Platform <no-reply@example.com>".'),
  google_client_id: setting(text, null, 'Log-in with Google: the client id.'),
  google_client_secret: secret(text, 'Log-in with Google: the client secret.'),
  google_issuer: setting(text, 'https://accounts.google.com', 'Log-in with Google: the issuer whose discovery document is read.'),
  github_client_id: setting(text, null, 'Log-in with GitHub: the client id.'),
  github_client_secret: secret(text, 'Log-in with GitHub: the client secret.'),
  github_url: setting(text, 'https://github.com', 'Log-in with GitHub: where its pages are.'),
  github_api_url: setting(text, 'https://api.github.com', 'Log-in with GitHub: where its API is.'),
  oidc_issuer: setting(text, null, 'Log-in with any OpenID provider: its issuer.'),
  oidc_client_id: setting(text, null, 'Log-in with an OpenID provider: the client id.'),
  oidc_client_secret: secret(text, 'Log-in with an OpenID provider: the client secret.'),
  oidc_name: setting(text, 'OpenID', 'Log-in with an OpenID provider: what the button calls it.'),
  payments: setting(oneOf('live', 'test'), 'live', 'Whether real money is taken. In test mode payments of a test mode become credit.'),
  stripe_secret_key: secret(text, 'Payments by Stripe: the secret key. Without it there are none.'),
  stripe_webhook_secret: secret(text, 'Payments by Stripe: the signing secret of the webhook.'),
  stripe_account: setting(text, null, 'Payments by Stripe: the only account (acct_…) whose events count. Default: not checked.'),
  stripe_tax: setting(flag, 'false', 'Tax by Stripe Tax on orders paid by Stripe, instead of the rates by country.'),
  stripe_tax_code: setting(text, 'txcd_10103001', 'Tax by Stripe Tax: as what credit is taxed. Default: software as a service, for business.'),
  stripe_url: setting(text, 'https://api.stripe.com', 'Payments by Stripe: where its API is.'),
  ecpay_merchant_id: setting(text, null, 'Payments by ECPay: the merchant id.'),
  ecpay_hash_key: secret(text, 'Payments by ECPay: the hash key.'),
  ecpay_hash_iv: secret(text, 'Payments by ECPay: the hash IV.'),
  ecpay_url: setting(text, 'https://payment.ecpay.com.tw', 'Payments by ECPay: where its pages and its API are.'),
  ecpay_invoice_merchant_id: setting(text, null, 'E-invoices by ECPay: the merchant id.'),
  ecpay_invoice_hash_key: secret(text, 'E-invoices by ECPay: the hash key.'),
  ecpay_invoice_hash_iv: secret(text, 'E-invoices by ECPay: the hash IV.'),
  ecpay_invoice_url: setting(text, 'https://einvoice.ecpay.com.tw', 'E-invoices by ECPay: where its API is.'),
  manual_payment: setting(text, null, 'Payments by transfer: what customers are told to do. Without it there are none.'),
  allow_private_webhooks: setting(flag, 'false', 'Webhooks may go to private addresses, and without TLS.'),
  usage_days: setting(count, '0', 'Days that usage records are kept; sums by the hour and the ledger are kept for good. 0: for ever.'),
  backup_dir: setting(text, null, 'Directory of the daily backups, best on another disk. Without it there are none.'),
  backup_keep: setting(count, '7', 'How many daily backups are kept.'),
  backup_s3_endpoint: setting(text, null, 'Daily backups, also to an S3-compatible store: its address.'),
  backup_s3_bucket: setting(text, null, 'Daily backups to S3: the bucket. Without it they stay here.'),
  backup_s3_region: setting(text, null, 'Daily backups to S3: the region.'),
  backup_s3_access_key: secret(text, 'Daily backups to S3: the access key.'),
  backup_s3_secret_key: secret(text, 'Daily backups to S3: the secret key.'),
  tiers: setting(tiers, '{}', 'Limits by tier: [tiers.NAME] with rpm, tpm and concurrent.'),
} satisfies Record<string, Setting<unknown>>

type Table = typeof settings
export type SettingName = keyof Table
type Camel<S extends string> = S extends `${infer A}_${infer B}` ? `${A}${Capitalize<Camel<B>>}` : S

/** All settings, read: `first_byte_ms` is `firstByteMs`. */
export type Config = {
  readonly [Name in SettingName as Camel<Name>]: Table[Name] extends Setting<infer T> ? T : never
}
export interface Settings {
  config: Config
  /** Where each value came from: `flag --listen`, `KKAI_LISTEN`, a file's path, or `default`. */
  sources: Record<SettingName, string>
}
interface Raw {
  value: unknown
  source: string
}
type Flags = Readonly<Record<string, string>>
type Environment = Readonly<Record<string, string | undefined>>

const names = Object.keys(settings) as SettingName[]

/** `flags` by setting name, and `config` for the file. Throws `FatalError` with exit code 78 for what cannot be read. */
export function readSettings(flags: Flags, env: Environment = process.env): Settings {
  refuseUnknown(env)
  const given = (name: SettingName): Raw | null =>
    fromFlag(flags, name) ?? fromEnvironment(env, name)
  const data = readValue('data', given('data') ?? fallback('data')) as string
  const file = readFile(flags.config ?? env.KKAI_CONFIG ?? null, data)
  const config: Record<string, unknown> = {}
  const sources = {} as Settings['sources']
  for (const name of names) {
    const raw = given(name) ?? file(name) ?? fallback(name)
    config[camel(name)] = readValue(name, raw)
    sources[name] = raw.source
  }
  return { config: Object.freeze(config) as Config, sources }
}

/** What a server that runs takes over from a changed file; all else waits for the next start. */
export const reloadable = [
  ...['log_level', 'trusted_proxies', 'tiers', 'clamp', 'overdraft', 'stream_expectation'],
  ...['charge_empty_errors', 'first_byte_ms', 'connect_ms', 'silence_ms', 'total_ms', 'drain_ms'],
  ...['keep_alive_after_ms', 'keep_alive_ms', 'reply_limit_bytes', 'allow_private_webhooks'],
  ...['usage_days', 'backup_dir', 'backup_keep'],
] as readonly SettingName[]

/** Into the settings that a server works with. Answers which changed, and which would take a start. */
export function takeOver(live: Config, next: Config): { taken: string[]; waiting: string[] } {
  const changed = names.filter((name) => {
    const field = camel(name) as keyof Config
    return !Bun.deepEquals(live[field], next[field])
  })
  const taken = changed.filter((name) => reloadable.includes(name))
  for (const name of taken) {
    const field = camel(name) as keyof Config
    // The key ring holds this very table.
    if (name === 'tiers') replaceEntries(live.tiers, next.tiers)
    else Object.assign(live, { [field]: next[field] })
  }
  return { taken, waiting: changed.filter((name) => !taken.includes(name)) }
}

function replaceEntries(table: Record<string, unknown>, next: object): void {
  for (const name of Object.keys(table)) delete table[name]
  Object.assign(table, next)
}

function fromFlag(flags: Flags, name: SettingName): Raw | null {
  const value = flags[name]
  return value === undefined ? null : { value, source: `flag --${name.replaceAll('_', '-')}` }
}

function fromEnvironment(env: Environment, name: SettingName): Raw | null {
  const variable = variableOf(name)
  const value = env[variable]
  if (value !== undefined) return { value, source: variable }
  const path = settings[name].secret ? env[`${variable}_FILE`] : undefined
  if (path === undefined) return null
  const source = `${variable}_FILE`
  return { value: readText(path, source), source }
}

/** The file's values by name. The file in the data directory may be missing; one that is named may not. */
function readFile(named: string | null, data: string): (name: SettingName) => Raw | null {
  const path = named ?? join(data, 'kkai.toml')
  if (named === null && !existsSync(path)) return () => null
  let table: Record<string, unknown>
  try {
    table = parse(readText(path, 'the settings file'))
  } catch (cause) {
    if (cause instanceof FatalError) throw cause
    const [why] = String((cause as Error).message).split('\n')
    throw new FatalError(`${path} cannot be read: ${why}.`, 78, cause)
  }
  for (const name of Object.keys(table)) if (!isName(name)) throw unknown(name, `in ${path}`, names)
  return (name) => (name in table ? { value: table[name], source: path } : null)
}

const fallback = (name: SettingName): Raw => ({ value: settings[name].fallback, source: 'default' })

function readValue(name: SettingName, { value, source }: Raw): unknown {
  if (value === null) return null
  const { kind, secret } = settings[name] as Setting<unknown>
  const read = kind.read(value)
  if (read !== undefined) return read
  const shown = secret ? '' : `, not ${JSON.stringify(value)}`
  throw new FatalError(`The setting ${name} must be ${kind.expects}${shown} (${source}).`, 78)
}

/** Kubernetes adds KKAI_SERVICE_… and KKAI_PORT… for a service of that name: they are not ours. */
function refuseUnknown(env: Environment): void {
  const known = names.flatMap((name) => [
    variableOf(name),
    ...(settings[name].secret ? [`${variableOf(name)}_FILE`] : []),
  ])
  known.push('KKAI_CONFIG')
  for (const variable of Object.keys(env)) {
    if (!variable.startsWith('KKAI_') || /^KKAI_(SERVICE_|PORT(_|$))/.test(variable)) continue
    if (!known.includes(variable)) throw unknown(variable, 'in the environment', known)
  }
}

function unknown(name: string, where: string, known: readonly string[]): FatalError {
  const near = nearest(name, known)
  const hint = near ? `Did you mean ${near}?` : 'See kkai serve --help for all settings.'
  return new FatalError(`There is no setting ${name} (${where}). ${hint}`, 78)
}

function readText(path: string, source: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new FatalError(`${path}, named by ${source}, cannot be read.`, 78, cause)
  }
}

const isName = (name: string): name is SettingName => Object.hasOwn(settings, name)
const variableOf = (name: SettingName) => `KKAI_${name.toUpperCase()}`
/** `first_byte_ms` is the field `firstByteMs`. */
export const camel = (name: string) =>
  name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

/**
 * Bun lets 256 requests of `fetch` fly at once and reads the limit only when it starts: so a process that serves becomes
 * itself again (same pid) with a higher one.
 */
export function raiseFetchLimit(args = process.argv): void {
  const name = 'BUN_CONFIG_MAX_HTTP_REQUESTS'
  const serves = ['serve', 'demo', 'simulate'].includes(args[2] ?? '')
  if (!serves || process.env[name] !== undefined || !process.execve) return
  const compiled = import.meta.path.startsWith('/$bunfs/')
  const again = compiled ? args.slice(2) : [...process.execArgv, ...args.slice(1)]
  process.execve(process.execPath, [process.execPath, ...again], {
    ...process.env,
    [name]: '65535',
  })
}
