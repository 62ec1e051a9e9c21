/** What Bun 1.4.5's own tools do: why tests run isolated, and how types are checked. */
import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const directory = mkdtempSync(join(tmpdir(), 'kkai-tools-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text)
}

async function bun(...args: string[]): Promise<{ exitCode: number; text: string }> {
  const child = Bun.spawn([process.execPath, ...args], {
    cwd: directory,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ])
  return { exitCode: await child.exited, text: out + err }
}

test('a mock of one test file is seen by the next, unless they run isolated', async () => {
  write({
    'what.ts': 'export const what = "real"',
    'a.test.ts': `import { mock, test } from 'bun:test'
      mock.module('./what.ts', () => ({ what: 'mocked' }))
      test('a', async () => { await import('./what.ts') })`,
    'b.test.ts': `import { expect, test } from 'bun:test'
      test('b', async () => { expect((await import('./what.ts')).what).toBe('real') })`,
  })
  expect((await bun('test')).text).toContain(' 1 fail')
  expect((await bun('test', '--isolate')).text).toContain(' 0 fail')
})

test('bun check finds what tsc would, under tsc’s names', async () => {
  write({
    'tsconfig.json':
      '{ "compilerOptions": { "strict": true, "noEmit": true, "types": [] }, "files": ["wrong.ts"] }',
    'wrong.ts': 'export const wrong: number = "text"\n',
  })
  const { exitCode, text } = await bun('check')
  expect(exitCode).not.toBe(0)
  expect(text).toContain('TS2322')
})

test.if(process.platform === 'linux')(
  'ports from 32768 on belong to outgoing connections',
  async () => {
    const [first] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
      .trim()
      .split(/\s+/)
    let port = 0
    const server = Bun.serve({
      port: 0,
      fetch: (request, self) => {
        port = self.requestIP(request)?.port ?? 0
        return new Response('')
      },
    })
    await fetch(server.url)
    await server.stop(true)
    expect(port).toBeGreaterThanOrEqual(Number(first))
    expect(Number(first)).toBeGreaterThanOrEqual(32_768)
  },
)
