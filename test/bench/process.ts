/** The processes of a bench: each says on its first line where it listens, and is ended by its own id. */
import { join } from 'node:path'

export const executable = join(import.meta.dir, '../../dist/kkai')

export interface Started {
  pid: number
  port: number
  /** As a program would: SIGTERM, then its own end. */
  stop(): Promise<void>
}

/** Only what is named reaches it of this process's environment: a setting of the machine changes no figure. */
export async function start(
  command: readonly string[],
  env: Record<string, string> = {},
): Promise<Started> {
  const child = Bun.spawn([...command], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: '/usr/bin:/bin', HOME: '/nonexistent', ...env },
  })
  const stop = async () => {
    child.kill('SIGTERM')
    await child.exited
  }
  for await (const bytes of child.stdout) {
    const { url } = JSON.parse(Buffer.from(bytes).toString())
    return { pid: child.pid, port: Number(new URL(url).port), stop }
  }
  throw new Error(`${command.join(' ')} did not start`)
}

/** One command of the executable; answers the JSON that it printed. */
export async function runKkai<T>(...args: string[]): Promise<T> {
  const child = Bun.spawn([executable, ...args, '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {},
  })
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  if ((await child.exited) !== 0) throw new Error(`kkai ${args.join(' ')}: ${out}${err}`)
  return JSON.parse(out)
}
