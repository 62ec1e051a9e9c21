/** `kkai simulate`: the simulated provider alone, for tests of clients and of this server. */
import { FatalError } from '../base/error.ts'
import { readSettings } from '../config.ts'
import { type Simulator, startSimulator } from '../demo/simulator/simulator.ts'
import { processCommand } from './command.ts'
import { stopSignal } from './stop.ts'
import { readChoice, readCount } from './value.ts'

export const simulate = processCommand<{ journal?: string; seed?: string }>({
  name: 'simulate',
  about: 'Run only the simulated provider: OpenAI’s and Anthropic’s dialects, without a network.',
  options: [
    {
      flags: '--journal <mode>',
      about: 'what GET /journal keeps: full, totals or off (default: full)',
    },
    { flags: '--seed <number>', about: 'other answers for another number (default: 1)' },
  ],
  examples: ['kkai simulate --listen 127.0.0.1:9090', 'curl http://127.0.0.1:9090/journal'],
  start: async ({ values: { journal = 'full', seed = '1' }, flags, json, print }) => {
    const { hostname, port } = readSettings({ listen: '127.0.0.1:9090', ...flags }, {}).config
      .listen
    const mode = readChoice(journal, 'journal', ['full', 'totals', 'off'])
    const stopped = stopSignal()
    const { url, stop } = listen({ hostname, port, journal: mode, seed: readCount(seed, 'seed') })
    await print(
      json
        ? JSON.stringify({ url })
        : `The simulated provider listens on ${url}. Its API is at ${url}/v1, its journal at ${url}/journal; any credential is good, any model's name too.`,
    )
    await stopped
    await stop()
    return 0
  },
})

function listen(options: Parameters<typeof startSimulator>[0]): Simulator {
  try {
    return startSimulator(options)
  } catch (cause) {
    throw new FatalError(
      `The address ${options.hostname}:${options.port} cannot be listened on. Choose another with --listen.`,
      1,
      cause,
    )
  }
}
