/** Checks the whole ledger every five minutes, in a process of its own so that no call waits for it. */
import type { Job } from './job.ts'

export const verify: Job = {
  name: 'verify',
  everyMs: 300_000,
  run: async ({ config, log, clock }, state) => {
    const own = Bun.isStandaloneExecutable ? [] : [Bun.main]
    const child = Bun.spawn([process.execPath, ...own, 'verify', '--data', config.data, '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const [text, exitCode] = await Promise.all([new Response(child.stdout).text(), child.exited])
    state.verified = exitCode === 0
    state.verifiedAt = clock.now()
    if (exitCode === 0) log.info('ledger.verified')
    else log.error('ledger.broken', { verdict: text.slice(0, 4000) })
  },
}
