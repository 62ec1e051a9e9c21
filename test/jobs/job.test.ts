/** Jobs as Prometheus sees them: each run counted by how it ended, and nothing of it hidden by another. */
import { expect, test } from 'bun:test'
import type { Parts, State } from '../../src/admin/parts.ts'
import { silentLog } from '../../src/base/log.ts'
import { createMetrics } from '../../src/http/metrics.ts'
import { startJobs } from '../../src/jobs/job.ts'
import { newUser } from '../helpers/people.ts'
import { startTestServer } from '../helpers/server.ts'

test('the sweep comes first: the server has counted it when it takes its first call', async () => {
  const { server } = await startTestServer()
  const text = await fetch(`${server.url}/metrics`).then((reply) => reply.text())
  expect(text).toMatch(/kkai_job_runs_total\{job="sweep-holds",outcome="done"\} [1-9]/)
  expect(text).toMatch(/kkai_job_seconds_total\{job="sweep-holds"\} [\d.e-]+/)
})

test('how each went is on the operator’s page', async () => {
  const { parts, server } = await startTestServer()
  await newUser(parts, 'olga', { adminRole: 'auditor' })
  const opened = await parts.sessions.open('olga', { address: '127.0.0.1', agent: null })
  const headers = { cookie: opened.split(';')[0] ?? '' }
  const { jobs } = await (await fetch(`${server.url}/api/admin/system`, { headers })).json()
  expect(jobs).toContainEqual({
    ...{ name: 'sweep-holds', every_ms: expect.any(Number), ms: expect.any(Number) },
    ...{ failed: false, ran_at: expect.stringMatching(/^\d{4}-.*Z$/) },
  })
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
  expect(state.jobs?.get('sweep-holds')?.failed).toBe(true)
})
