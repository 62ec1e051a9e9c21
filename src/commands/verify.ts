/** `kkai verify`: proves the ledger, beside a running server too. Exit 1 when a check fails. */
import { readSettings } from '../config.ts'
import { verifyLedger } from '../ledger/verify.ts'
import { noteDone } from '../store/done.ts'
import { processCommand } from './command.ts'
import { reportProgress } from './progress.ts'
import { openForReading } from './reader.ts'

export const verify = processCommand({
  name: 'verify',
  about: 'Prove the ledger from its own rows; exit 1 when something does not add up.',
  examples: ['kkai verify', 'kkai verify --json'],
  start: async ({ flags, json, print }) => {
    const { config } = readSettings(flags)
    const store = await openForReading(config)
    try {
      const verdict = await verifyLedger(store, { onProgress: reportProgress('rows') })
      noteDone(config.data, 'verify', { at: Date.now(), ok: verdict.ok })
      const lines = verdict.checks.map(
        ({ name, ok, detail }) => `${ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(24)} ${detail}`,
      )
      await print(json ? JSON.stringify(verdict) : lines.join('\n'))
      return verdict.ok ? 0 : 1
    } finally {
      await store.close()
    }
  },
})
