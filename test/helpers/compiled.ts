/** The compiled executable, in an empty directory with an empty environment: what the end-to-end tests drive. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const executable = join(import.meta.dir, '../../dist/kkai')

export interface Demo {
  url: string
  key: string
  account: string
  simulator: string
  /** Where it runs. */
  directory: string
  /** Ends it as Ctrl-C does; answers its exit code and what it logged. */
  stop(): Promise<{ code: number; log: string }>
}

/** `kkai demo` on a free port. `prepare` may lay files into the directory first. */
export async function startDemo(prepare: (directory: string) => void = () => {}): Promise<Demo> {
  const directory = mkdtempSync(join(tmpdir(), 'kkai-compiled-'))
  prepare(directory)
  const child = Bun.spawn([executable, 'demo', '--listen', '127.0.0.1:0', '--json'], {
    cwd: directory,
    env: { TMPDIR: directory, HOME: directory },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const log = new Response(child.stderr).text()
  const said = await firstLine(child.stdout)
  if (said === null) throw new Error(`kkai demo did not start: ${await log}`)
  const { url, key, account, simulator } = JSON.parse(said)
  return {
    ...{ url, key, account, simulator, directory },
    stop: async () => {
      child.kill('SIGINT')
      const code = await child.exited
      rmSync(directory, { recursive: true, force: true })
      return { code, log: await log }
    },
  }
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | null> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true })
    if (text.includes('\n')) return text
  }
  return null
}
