/** The load, in a process of its own: what the bench's process does meanwhile does not slow it. One job at a time. */
import { type CallsJob, runCalls } from './calls.ts'
import { runStreams, type StreamsJob } from './streams.ts'

export type Job = ({ kind: 'calls' } & CallsJob) | ({ kind: 'streams' } & StreamsJob)

process.on('message', async (job: Job) => {
  process.send?.(await (job.kind === 'calls' ? runCalls(job) : runStreams(job)))
})
process.on('disconnect', () => process.exit())
