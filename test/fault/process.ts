/**
 * The executable as a process of its own on a data directory, to be killed, stopped and started again, and the simulated
 * provider in this process, so that its journal outlives every crash. Money is read from the database's file.
 */
import { Database } from 'bun:sqlite'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '../../src/base/json.ts'
import { handOver } from '../../src/commands/socket.ts'
import { executable } from '../helpers/compiled.ts'

/** The built one; the sources where nothing was built. */
const program = existsSync(executable)
  ? [executable]
  : [process.execPath, join(import.meta.dir, '../../src/main.ts')]

export interface Process {
  url: string
  pid: number
  exited: Promise<number>
  kill(signal: NodeJS.Signals): void
  /** A command, handed over to the running server. */
  run<T = JsonObject>(name: string, values?: Record<string, string>): Promise<T>
  /** What it has logged. */
  log(): string
}

/** Resolves once `/readyz` says so. `under`: the command that it runs under, such as a tracer's. */
export async function startProcess(
  data: string,
  settings: Record<string, string> = {},
  under: readonly string[] = [],
): Promise<Process> {
  const child = Bun.spawn(
    [...under, ...program, 'serve', '--data', data, '--listen', '127.0.0.1:0', '--json'],
    {
      ...{ stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' },
      env: { PATH: '/usr/bin:/bin', ...settings },
    },
  )
  let said = ''
  const logged = collect(child.stderr, (text) => {
    said += text
  })
  let first = ''
  for await (const bytes of child.stdout) {
    first += new TextDecoder().decode(bytes)
    if (first.includes('\n')) break
  }
  const { url } = first === '' ? {} : JSON.parse(first)
  if (!url) {
    await logged
    throw new Error(`kkai serve did not start: ${first}${said}`)
  }
  while ((await fetch(`${url}/readyz`)).status !== 200) await Bun.sleep(10)
  return {
    ...{ url, pid: child.pid, exited: child.exited, log: () => said },
    kill: (signal) => child.kill(signal),
    run: async <T>(name: string, values: Record<string, string> = {}) =>
      (await handOver(data, name, values)) as T,
  }
}

async function collect(stream: ReadableStream<Uint8Array>, onText: (text: string) => void) {
  const decoder = new TextDecoder()
  for await (const bytes of stream) onText(decoder.decode(bytes, { stream: true }))
}

/** What `kkai verify` finds wrong, beside a server or without one. */
export async function verifyData(data: string): Promise<string | null> {
  const child = Bun.spawn([...program, 'verify', '--data', data, '--json'], {
    ...{ stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' },
    env: { PATH: '/usr/bin:/bin' },
  })
  const [text, errors, exit] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return exit === 0 ? null : `verify ended with ${exit}: ${text}${errors}`
}

/** What of its memory is in RAM. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
}

export function openFile(data: string): Database {
  return new Database(join(data, 'kkai.db'), { readonly: true, strict: true, safeIntegers: true })
}

/** What every fault test sells: a nano-dollar a token, so that tokens and money are one number. */
export const price = { input: '0.001', output: '0.001' }

/** Applies a catalogue of these models of the simulated provider, `anthropic/…` in that dialect; answers a rich key. */
export async function furnish(
  server: Process,
  origin: string,
  models: Record<string, string>,
  sold = price,
): Promise<{ account: string; key: string }> {
  const place = { base_url: `${origin}/v1`, credential: 'sk-sim-test', allow_private: true }
  const file = {
    channels: [
      { id: 'openai', provider: 'simulated', ...place },
      { id: 'anthropic', provider: 'simulated-anthropic', ...place },
    ],
    models: Object.entries(models).map(([id, model]) => ({
      ...{ id, context_length: 100_000, max_output: 65_536, price: sold },
      kind: model.startsWith('sim-embed') ? 'embeddings' : 'chat',
      channels: [{ channel: id.startsWith('anthropic/') ? 'anthropic' : 'openai', model }],
    })),
  }
  await server.run('catalog apply', { file: JSON.stringify(file) })
  const person = { email: `${crypto.randomUUID()}@example.com`, tier: 'operator' }
  const { account } = await server.run<{ account: string }>('account create', person)
  await server.run('credit grant', { account, amount: '1000', reason: 'test' })
  const { key } = await server.run<{ key: string }>('key create', { account, name: 'test' })
  return { account, key }
}
