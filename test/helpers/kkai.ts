/**
 * The executable as a person or a program drives it: `KKAI_BIN` if set, else the one that was built, else the sources.
 * Settings of the machine that runs the tests do not reach it.
 */
import { afterAll } from 'bun:test'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dir, '../..')
const built = join(root, 'dist/kkai')
const program: string[] = process.env.KKAI_BIN
  ? process.env.KKAI_BIN.split(' ')
  : existsSync(built)
    ? [built]
    : [process.execPath, join(root, 'src/main.ts')]

const clean = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('KKAI_')),
)

const cleanups: (() => unknown)[] = []
afterAll(async () => {
  for (const one of cleanups.reverse()) await one()
})

/** A data directory that is gone after the file's tests. */
export function newData(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kkai-'))
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

export interface Ran {
  exit: number
  stdout: string
  stderr: string
}

export async function kkai(args: string[], env: Record<string, string> = {}): Promise<Ran> {
  const child = spawnKkai(args, env)
  const [stdout, stderr, exit] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  return { exit, stdout, stderr }
}

/** With `--json`: what stands on stdout, which must be one JSON object on one line. */
export async function kkaiJson<T = Record<string, unknown>>(args: string[]): Promise<T> {
  const { stdout, stderr, exit } = await kkai([...args, '--json'])
  if (exit !== 0 || stdout.split('\n').length !== 2) {
    throw new Error(`kkai ${args.join(' ')} ended with ${exit}: ${stdout}${stderr}`)
  }
  return JSON.parse(stdout)
}

export interface Started<T> {
  facts: T
  pid: number
  /** What it has written to stderr so far. */
  stderr(): string
  /** Asks it to stop; answers its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number>
}

/** Starts `serve`, `demo` or `simulate`; resolves once it has said where it listens. */
export async function startKkai<T extends { url: string } = { url: string }>(
  args: string[],
  env: Record<string, string> = {},
): Promise<Started<T>> {
  const child = spawnKkai([...args, '--json'], env)
  const stop = (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal)
    return child.exited
  }
  // Asked first, so that a demo removes its data.
  cleanups.push(async () => {
    if ((await Promise.race([stop(), Bun.sleep(3000).then(() => null)])) === null)
      await stop('SIGKILL')
  })
  let said = ''
  const listening = collect(child.stderr, (text) => {
    said += text
  })
  const first = await firstLine(child.stdout)
  if (first === null) {
    await listening
    throw new Error(`kkai ${args.join(' ')} did not start: ${said}`)
  }
  return { facts: JSON.parse(first), pid: child.pid, stderr: () => said, stop }
}

export function spawnKkai(args: string[], env: Record<string, string> = {}) {
  return Bun.spawn([...program, ...args], {
    ...{ stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' },
    env: { ...clean, ...env },
  })
}

async function collect(stream: ReadableStream<Uint8Array>, onText: (text: string) => void) {
  const decoder = new TextDecoder()
  for await (const bytes of stream) onText(decoder.decode(bytes, { stream: true }))
}

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string | null> {
  const reader = stream.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (!text.includes('\n')) {
    const { value, done } = await reader.read()
    if (done) return null
    text += decoder.decode(value, { stream: true })
  }
  reader.releaseLock()
  return text.slice(0, text.indexOf('\n'))
}
