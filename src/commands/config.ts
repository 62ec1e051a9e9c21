/** `kkai config show`: every setting, its value and where that comes from. Secrets are masked. */
import { formatUsd } from '../base/amount.ts'
import type { Address } from '../base/kind.ts'
import {
  type Config,
  camel,
  readSettings,
  type SettingName,
  type Settings,
  settings,
} from '../config.ts'
import { processCommand } from './command.ts'

export const configShow = processCommand({
  name: 'config show',
  about: 'Show every setting, its value and where that comes from.',
  examples: ['kkai config show', 'KKAI_LISTEN=0.0.0.0:80 kkai config show --json'],
  start: async ({ flags, json, print }) => {
    const shown = describeSettings(readSettings(flags))
    const lines = shown.map(
      ([name, { value, source }]) => `${name.padEnd(20)} ${(value ?? '–').padEnd(30)} ${source}`,
    )
    await print(json ? JSON.stringify(Object.fromEntries(shown)) : lines.join('\n'))
    return 0
  },
})

function describeSettings({ config, sources }: Settings) {
  return (Object.keys(settings) as SettingName[]).map((name) => {
    const value = config[camel(name) as keyof Config]
    const masked = value !== null && settings[name].secret ? '********' : writeValue(value)
    return [name, { value: masked, source: sources[name] }] as const
  })
}

/** As one would write it. */
function writeValue(value: Config[keyof Config]): string | null {
  if (value === null) return null
  if (typeof value === 'bigint') return formatUsd(value)
  if (typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return value.join(',')
  if (!('hostname' in value)) return JSON.stringify(value)
  const { hostname, port } = value as Address
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`
}
