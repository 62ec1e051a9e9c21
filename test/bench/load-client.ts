/** The load as the bench drives it: one job at a time, in a process of its own. */
import type { Calls, CallsJob } from './calls.ts'
import type { Job } from './load.ts'
import { type Destination, framesOf, renderRequest, type Shape } from './shape.ts'
import type { Streams, StreamsJob } from './streams.ts'

export interface Load {
  /** Throws where one was refused. */
  calls(to: Destination, job: Omit<CallsJob, Rendered>): Promise<Calls>
  streams(to: Destination, shape: Shape, job: Omit<StreamsJob, Rendered>): Promise<Streams>
  stop(): Promise<void>
}
type Rendered = 'port' | 'request' | 'frames'

export function startLoad(): Load {
  const script = Bun.fileURLToPath(new URL('./load.ts', import.meta.url))
  let answer = Promise.withResolvers<unknown>()
  const child = Bun.spawn([process.execPath, script], {
    stdio: ['ignore', 'inherit', 'inherit'],
    ipc: (message) => answer.resolve(message),
    onExit: () => answer.reject(new Error('the load ended')),
  })
  const run = async <T>(job: Job): Promise<T> => {
    answer = Promise.withResolvers()
    child.send(job)
    return (await answer.promise) as T
  }
  return {
    calls: async (to, job) => {
      const request = renderRequest(to, 'call', false)
      const calls = await run<Calls>({ kind: 'calls', port: to.port, request, ...job })
      if (calls.refused > 0) throw new Error(`${calls.refused} calls refused: ${calls.refusal}`)
      return calls
    },
    streams: (to, shape, job) => {
      const [request, frames] = [renderRequest(to, shape, true), framesOf(shape)]
      return run({ kind: 'streams', port: to.port, request, frames, ...job })
    },
    stop: async () => {
      answer.promise.catch(() => {})
      child.kill()
      await child.exited
    },
  }
}
