/** argv → one of `commands/`; nothing else. */
import { raiseFetchLimit } from './config.ts'

raiseFetchLimit()
const { runCommandLine } = await import('./commands/command-line.ts')
process.exit(await runCommandLine(process.argv.slice(2)))
