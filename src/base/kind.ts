/** The kinds of value that a setting may have: what each expects, and how it is read from text or TOML. */
import { parseUsd } from './amount.ts'
import { isCount, isObject } from './json.ts'

/** Reads what a flag, the environment (text) or the file (any TOML value) says; undefined when it is not of the kind. */
export interface Kind<T> {
  expects: string
  read(raw: unknown): T | undefined
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

export const text: Kind<string> = {
  expects: 'text',
  read: (raw) => (typeof raw === 'string' && raw.trim() !== '' ? raw.trim() : undefined),
}
export const count: Kind<number> = {
  expects: 'a whole number',
  read: (raw) => {
    const value = typeof raw === 'string' && /^\d+$/.test(raw) ? Number(raw) : raw
    return isCount(value) ? value : undefined
  },
}
export const flag: Kind<boolean> = {
  expects: 'true or false',
  read: (raw) => ({ true: true, false: false })[String(raw)],
}
export const usd: Kind<bigint> = {
  expects: 'a decimal string of dollars such as "0.05"',
  read: (raw) => {
    try {
      return parseUsd(raw)
    } catch {
      return undefined
    }
  },
}
export const address: Kind<Address> = {
  expects: 'HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080',
  read: (raw) => {
    const [, hostname, port] = /^(\[[\da-f:.]+\]|[^\s:]+):(\d{1,5})$/i.exec(String(raw)) ?? []
    if (!hostname || Number(port) > 65_535) return undefined
    return { hostname: hostname.replace(/^\[|\]$/g, ''), port: Number(port) }
  },
}
export const origin: Kind<string> = {
  expects: 'an address such as https://ai.example.com, without a path',
  read: (raw) => {
    const url = typeof raw === 'string' ? URL.parse(raw) : null
    const plain = url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
    return plain ? url.origin : undefined
  },
}
/** What a path is appended to. */
export const endpoint: Kind<string> = {
  expects: 'an http or https address without user, query and fragment',
  read: (raw) => {
    const url = typeof raw === 'string' ? URL.parse(raw) : null
    if (!url || !/^https?:$/.test(url.protocol)) return undefined
    const extra = url.username + url.password + url.search + url.hash
    return extra === '' ? url.href.replace(/\/+$/, '') : undefined
  },
}
export const share: Kind<number> = {
  expects: 'a share from 0 to 1',
  read: (raw) => {
    const value = typeof raw === 'string' && /^\d*\.?\d+$/.test(raw) ? Number(raw) : raw
    return typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined
  },
}
/** `name=value,name=value`, as OTEL_EXPORTER_OTLP_HEADERS. */
export const headers: Kind<string> = {
  expects: 'NAME=VALUE, more divided by commas',
  read: (raw) => {
    const given = typeof raw === 'string' ? raw.trim() : ''
    return /^[\w-]+=[ -+\--~]+(,[\w-]+=[ -+\--~]+)*$/.test(given) ? given : undefined
  },
}
export function readHeaders(text: string | null): Record<string, string> {
  const pairs = text === null ? [] : text.split(',').map((pair) => pair.split(/=(.*)/s, 2))
  return Object.fromEntries(pairs)
}
export const hexKey: Kind<string> = {
  expects: '64 hex digits',
  read: (raw) => (/^[\da-f]{64}$/i.test(String(raw)) ? String(raw) : undefined),
}
export const list: Kind<readonly string[]> = {
  expects: 'names divided by commas',
  read: (raw) => {
    const names = typeof raw === 'string' ? raw.split(',').map((name) => name.trim()) : raw
    if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) return undefined
    return names.filter((name) => name !== '')
  },
}
export const oneOf = <const T extends string>(...names: T[]): Kind<T> => ({
  expects: `one of ${names.join(', ')}`,
  read: (raw) => names.find((name) => name === raw),
})
export const tiers: Kind<Readonly<Record<string, TierLimits>>> = {
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

function tryJson(raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    return undefined
  }
}
