/** `kkai version`. */
import pack from '../../package.json' with { type: 'json' }
import { processCommand } from './command.ts'

export const { version } = pack

export const showVersion = processCommand({
  name: 'version',
  about: 'Show the version of this program and its runtime.',
  examples: ['kkai version'],
  start: async ({ json, print }) => {
    const facts = { version, bun: Bun.version, platform: `${process.platform}-${process.arch}` }
    await print(
      json ? JSON.stringify(facts) : `kkai ${version} (Bun ${facts.bun}, ${facts.platform})`,
    )
    return 0
  },
})
