/** The simulated provider beside a server: for an operator who looks around before buying from a real one. */
import type { Simulated } from '../admin/first-provider.ts'
import { demoCatalog } from './catalog.ts'
import { type Simulator, startSimulator } from './simulator/simulator.ts'

export function simulatedBeside(): Simulated & { stop(): Promise<void> } {
  let running: Simulator | null = null
  return {
    start: () => {
      running ??= startSimulator({ hostname: '127.0.0.1', port: 0, journal: 'off' })
      const { channels, models } = JSON.parse(demoCatalog(running.url))
      // What fails on purpose is for tests, not for a shop.
      const works = ({ id }: { id: string }) => !/(^|\/)demo\//.test(id)
      return { channels: channels.filter(works), models: models.filter(works) }
    },
    stop: async () => running?.stop(),
  }
}
