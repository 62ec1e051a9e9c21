/** `kkai config show`: every setting, its value and where that comes from. Secrets are masked. */
import { describeSettings, readSettings } from '../config.ts'
import { processCommand } from './command.ts'

export const configShow = processCommand({
  name: 'config show',
  about: 'Show every setting, its value and where that comes from.',
  examples: ['kkai config show', 'KKAI_LISTEN=0.0.0.0:80 kkai config show --json'],
  start: async ({ flags, json, print }) => {
    const shown = describeSettings(readSettings(flags))
    const lines = Object.entries(shown).map(
      ([name, { value, source }]) => `${name.padEnd(20)} ${(value ?? '–').padEnd(30)} ${source}`,
    )
    await print(json ? JSON.stringify(shown) : lines.join('\n'))
    return 0
  },
})
