/** Jobs as Prometheus sees them: each run counted by how it ended, and nothing of it hidden by another. */
import { expect, test } from 'bun:test'
import type { Parts, State } from '../../src/admin/parts.ts'
import { silentLog } from '../../src/base/log.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { startJobs } from '../../src/jobs/job.ts'
import { startTestServer } from '../helpers/server.ts'

test('the sweep comes first: the server has counted it when it takes its first call', async () => {
  const { server } = await startTestServer()
  const text = await fetch(`${server.url}/metrics`).then((reply) => reply.text())
  expect(text).toMatch(/kkai_job_runs_total\{job="sweep-holds",outcome="done"\} [1-9]/)
  expect(text).toMatch(/kkai_job_seconds_total\{job="sweep-holds"\} [\d.e-]+/)
})

test('one that fails is logged and counted; the server goes on', async () => {
  const { parts } = await startTestServer()
  const failed: unknown[] = []
  const log = { ...silentLog, error: (_: string, facts?: object) => failed.push(facts) }
  // Without a store every job fails.
  const broken = { clock: parts.clock, log } as unknown as Parts
  const metrics = createMetrics()
  const state: State = { draining: false, verified: null }
  const jobs = await startJobs(broken, state, metrics)
  await jobs.stop()
  expect(failed).toContainEqual({ job: 'sweep-holds', cause: expect.any(Error) })
  expect(await metrics.expose()).toContain(
    'kkai_job_runs_total{job="sweep-holds",outcome="failed"} 1\n',
  )
})
