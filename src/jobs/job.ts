/** What the server does beside calls: each job by its own interval, never twice at once, its failures logged. */
import type { Parts, State } from '../admin/parts.ts'
import type { Metrics } from '../http/metrics.ts'
import { jobs } from './list.ts'

export interface Job {
  name: string
  everyMs: number
  /** Whether it runs, and is waited for, before the first call is taken. */
  first?: boolean
  /** Whether it also runs at the start, without being waited for. */
  soon?: boolean
  run(parts: Parts, state: State): Promise<void>
}

/** Resolves once the jobs that come first have run. */
export async function startJobs(
  parts: Parts,
  state: State,
  metrics: Metrics,
): Promise<{ stop(): Promise<void> }> {
  const running = new Set<Promise<void>>()
  const ran: NonNullable<State['jobs']> = new Map()
  state.jobs = ran
  async function attempt(job: Job): Promise<void> {
    const start = parts.clock.elapsed()
    const failed = await job.run(parts, state).then(
      () => false,
      (cause) => {
        parts.log.error('job.failed', { job: job.name, cause })
        return true
      },
    )
    const ms = parts.clock.elapsed() - start
    metrics.jobRan(job.name, ms / 1000, failed)
    ran.set(job.name, { everyMs: job.everyMs, at: parts.clock.now(), ms, failed })
  }
  for (const job of jobs) if (job.first) await attempt(job)
  const timers = jobs.map((job) => {
    let busy = false
    const start = () => {
      if (busy) return
      busy = true
      const run = attempt(job).finally(() => {
        busy = false
        running.delete(run)
      })
      running.add(run)
    }
    if (job.soon) start()
    return setInterval(start, job.everyMs)
  })
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer)
      await Promise.all(running)
    },
  }
}
