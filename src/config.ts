/**
 * Settings: one table, name → kind, default, help line. A value comes from a flag, else from the environment (`KKAI_NAME`;
 * for a secret also `KKAI_NAME_FILE`), else from `kkai.toml`, else from here. An unknown name is an error, never ignored.
 * Only this file reads the environment.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import { parseUsd } from './base/amount.ts'
import { FatalError } from './base/error.ts'
import { isCount, isObject } from './base/json.ts'
import { nearest } from './base/nearest.ts'

/** Reads what a flag, the environment (text) or the file (any TOML value) says; undefined when it is not of the kind. */
interface Kind<T> {
  expects: string
  read(raw: unknown): T | undefined
}
interface Setting<T> {
  kind: Kind<T>
  fallback: string | null
  help: string
  secret: boolean
}

/** Requests and tokens a minute, requests at once; null without a limit. */
export interface TierLimits {
  rpm: number | null
  tpm: number | null
  concurrent: number | null
}
export interface Address {
  hostname: string
  port: number
}

const text: Kind<string> = {
  expects: 'text',
  read: (raw) => (typeof raw === 'string' && raw.trim() !== '' ? raw.trim() : undefined),
}
const count: Kind<number> = {
  expects: 'a whole number',
  read: (raw) => {
    const value = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw
    return isCount(value) ? value : undefined
  },
}
const flag: Kind<boolean> = {
  expects: 'true or false',
  read: (raw) => ({ true: true, false: false })[String(raw)],
}
const usd: Kind<bigint> = {
  expects: 'a decimal string of dollars such as "0.05"',
  read: (raw) => {
    try {
      return parseUsd(raw)
    } catch {
      return undefined
    }
  },
}
const address: Kind<Address> = {
  expects: 'HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080',
  read: (raw) => {
    const [, hostname, port] = /^(\[[\da-f:.]+\]|[^\s:]+):(\d{1,5})$/i.exec(String(raw)) ?? []
    if (!hostname || Number(port) > 65_535) return undefined
    return { hostname: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }
  },
}
const origin: Kind<string> = {
  expects: 'an address such as https://ai.example.com, without a path',
  read: (raw) => {
    const url = typeof raw === 'string' ? URL.parse(raw) : null
    const plain = url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
    return plain ? url.origin : undefined
  },
}
const hexKey: Kind<string> = {
  expects: '64 hex digits',
  read: (raw) => (/^[\da-f]{64}$/i.test(String(raw)) ? String(raw) : undefined),
}
const list: Kind<readonly string[]> = {
  expects: 'names divided by commas',
  read: (raw) => {
    const names = typeof raw === 'string' ? raw.split(',').map((name) => name.trim()) : raw
    if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) return undefined
    return names.filter((name) => name !== '')
  },
}
const oneOf = <const T extends string>(...names: T[]): Kind<T> => ({
  expects: `one of ${names.join(', ')}`,
  read: (raw) => names.find((name) => name === raw),
})
const tiers: Kind<Readonly<Record<string, TierLimits>>> = {
  expects:
    'a table of tiers, each with rpm, tpm and concurrent (whole numbers; left out: no limit)',
  read: (raw) => {
    const table = typeof raw === 'string' ? tryJson(raw) : raw
    if (!isObject(table)) return undefined
    const read: Record<string, TierLimits> = {}
    for (const [name, limits] of Object.entries(table)) {
      if (!isObject(limits)) return undefined
      const { rpm = null, tpm = null, concurrent = null, ...rest } = limits
      const wrong = [rpm, tpm, concurrent].some((most) => most !== null && !isCount(most, 1))
      if (wrong || Object.keys(rest).length > 0) return undefined
      read[name] = { rpm, tpm, concurrent } as TierLimits
    }
    return { ...defaultTiers, ...read }
  },
}
const defaultTiers = {
  standard: { rpm: 600, tpm: 2_000_000, concurrent: 50 },
  operator: { rpm: null, tpm: null, concurrent: null },
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
  silence_ms: setting(count, '60000', 'Longest silence within a provider’s answer.'),
  total_ms: setting(count, '1800000', 'Longest answer of a provider.'),
  keep_alive_after_ms: setting(count, '15000', 'Silence after which a client gets keep-alive comments.'),
  keep_alive_ms: setting(count, '8000', 'Time between keep-alive comments.'),
  body_limit_bytes: setting(count, '33554432', 'Largest request body.'),
  reply_limit_bytes: setting(count, '33554432', 'Largest decoded reply of a provider.'),
  drain_ms: setting(count, '30000', 'Time that running streams get when the server stops.'),
  trusted_proxies: setting(list, '', 'Addresses or CIDR ranges whose X-Forwarded-For is believed.'),
  metrics_token: secret(text, 'Token for /metrics from elsewhere than this machine.'),
  log_level: setting(oneOf('debug', 'info', 'warning', 'error'), 'info', 'Least important line that is logged.'),
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

function tryJson(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    return undefined
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
