/** `kkai verify`: proves the ledger, beside a running server too. Exit 1 when a check fails. */
import { readSettings } from '../config.ts'
import { type Progress, verifyLedger } from '../ledger/verify.ts'
import { processCommand } from './command.ts'
import { openForReading } from './reader.ts'

export const verify = processCommand({
  name: 'verify',
  about: 'Prove the ledger from its own rows; exit 1 when something does not add up.',
  examples: ['kkai verify', 'kkai verify --json'],
  start: async ({ flags, json, print }) => {
    const store = await openForReading(readSettings(flags).config)
    try {
      const report = reportProgress()
      const verdict = await verifyLedger(store, { onProgress: report })
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

/** Count, rate and time left on stderr: in place on a terminal, else a plain line every 5 s. */
function reportProgress(): (progress: Progress) => void {
  const begun = performance.now()
  const everyMs = process.stderr.isTTY ? 200 : 5000
  let said = begun
  return ({ done, total }) => {
    const now = performance.now()
    if (now - said < everyMs) return
    said = now
    const rate = (done / (now - begun)) * 1000
    const line = `${done} of ${total} rows, ${Math.round(rate)} a second, ${Math.ceil((total - done) / rate)} s left`
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}\r` : `${line}\n`)
  }
}
