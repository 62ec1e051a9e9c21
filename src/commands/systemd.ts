/** `kkai systemd`: prints the unit that runs the server, or what a proxy in front of it needs. */

import { resolve } from 'node:path'
import { apart } from '../base/apart.ts'
import { FatalError } from '../base/error.ts'
import { readSettings } from '../config.ts'
import { addressOf } from '../http/server.ts'
import { processCommand } from './command.ts'

export const systemd = processCommand<{ caddy?: string; nginx?: string }>({
  name: 'systemd',
  about: 'Print a hardened systemd unit, or with --caddy or --nginx what a proxy in front needs.',
  options: [
    { flags: '--caddy', about: 'a Caddyfile instead' },
    { flags: '--nginx', about: 'a server block of nginx instead' },
  ],
  examples: [
    'kkai systemd --data /var/lib/kkai > /etc/systemd/system/kkai.service',
    'KKAI_PUBLIC_URL=https://ai.example.com kkai systemd --caddy >> /etc/caddy/Caddyfile',
  ],
  details:
    'It is filled in from the settings listen, public_url and data. Behind a proxy set trusted_proxies to its address.\nsystemctl reload kkai takes over changed settings (SIGHUP).',
  start: async ({ values, flags, json, print }) => {
    const { caddy, nginx } = values
    if (caddy !== undefined && nginx !== undefined) {
      throw new FatalError('Choose one of --caddy and --nginx.', 2)
    }
    const { config, sources } = readSettings(flags)
    const units = (await import(
      apart(new URL('./units-apart.ts', import.meta.url))
    )) as typeof import('./units-apart.ts')
    const write = caddy ? units.caddy : nginx ? units.nginx : units.unit
    const data = sources.data === 'default' ? '/var/lib/kkai' : inOneWord(config.data)
    const text = write({
      program: Bun.isStandaloneExecutable ? process.execPath : '/usr/local/bin/kkai',
      data,
      writes: [data, ...(config.backupDir === null ? [] : [inOneWord(config.backupDir)])].join(' '),
      listen: addressOf(config.listen).replace('http://', ''),
      host: config.publicUrl === null ? 'ai.example.com' : new URL(config.publicUrl).host,
      drainSeconds: Math.ceil(config.drainMs / 1000),
    })
    await print(json ? JSON.stringify({ text }) : text)
    return 0
  },
})

/** A unit divides at spaces, and knows specifiers and variables. */
function inOneWord(path: string): string {
  const whole = resolve(path)
  if (/^[\w./:@+-]+$/.test(whole)) return whole
  throw new FatalError(`A unit cannot name the directory ${whole}: choose one of plain letters.`, 2)
}
