/**
 * Every command typed wrongly, asked of things that are not there, pointed at files that are none, and interrupted: one sentence on
 * stderr, nothing on stdout, the exit code of its kind, and nothing changed. What each option reads is in `offline.test.ts`.
 */
import { Database } from 'bun:sqlite'
import { beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { commands } from '../../src/commands/list.ts'
import { kkai, kkaiJson, newData, spawnKkai } from '../helpers/kkai.ts'

const data = newData()
const own = { KKAI_DATA: data }
let account = ''
/** A file that is no database and no catalogue. */
const text = join(data, 'text')
beforeAll(async () => {
  account = (await kkaiJson(['account', 'create', '--email', 'ann@example.com', '--data', data]))
    .account as string
  writeFileSync(text, 'Nothing but words.\n')
})
/** Answers the exit code and the words; what is said otherwise than it should be fails. */
async function refused(args: string[], env: Record<string, string> = own) {
  const { exit, stdout, stderr } = await kkai(args, env)
  expect(stdout).toBe('')
  expect(stderr).toMatch(/^[^\n]+[.!?)]\n$/)
  expect(stderr).not.toMatch(/Error:|\bat \S+:\d+|undefined|Something failed/)
  return [exit, stderr.trimEnd()] as const
}

describe.each(commands.map((one) => [one.name, one] as const))('kkai %s', (name, command) => {
  const words = name.split(' ')
  const needed = command.arguments ?? []

  const options = optionsOf(command)

  test.concurrent('with an option that it does not know', async () => {
    const [exit, said] = await refused([...words, ...needed, ...options, '--jsno'])
    expect([exit, said]).toEqual([2, expect.stringContaining('Did you mean --json?')])
  })

  test.concurrent('with a word too many', async () => {
    const [exit, said] = await refused([...words, ...needed, ...options, 'more'])
    expect([exit, said]).toEqual([2, expect.stringContaining('too many arguments')])
  })

  if (needed.length + options.length === 0) return
  test.concurrent('without what it needs', async () => {
    const [exit, said] = await refused([...words, ...needed.slice(1), ...options.slice(2)])
    expect([exit, said]).toEqual([2, expect.stringMatching(/missing required|not specified/)])
  })
})

/** The options that it cannot do without. */
function optionsOf({ options = [] }: (typeof commands)[number]): string[] {
  const needed = options.filter((one) => one.needed)
  return needed.flatMap(({ flags }) => [flags.split(' ')[0] ?? '', 'x'])
}

const because = ['--reason', 'x']
const files = ['--en', text, '--zh', text, '--summary-en', 'x', '--summary-zh', 'x', '--now']
test.each([
  // A stands for an account.
  ...['ten', '1e400', '-1', '0.0000000001', '9223372036854775808', '', ' ', '１０'].map(
    (amount) => [['credit', 'grant', 'A', amount, ...because], 2, 'decimal string'] as const,
  ),
  ...['ten', '1e400', '-1', '9223372036854775808', '1.5', ''].flatMap((count) =>
    ['rpm', 'tpm', 'concurrent'].map(
      (limit) =>
        [
          ['key', 'create', 'A', '--name', 'x', `--${limit}=${count}`],
          ...[2, `--${limit} must be a whole number`],
        ] as const,
    ),
  ),
  [['credit', 'grant', 'A', '1', '--reason', ' '], 2, 'reason'],
  [['key', 'create', 'A', '--name', 'x', '--limit=-1'], 2, '--limit must be'],
  [['key', 'create', 'A', '--name', ' '], 2, 'name'],
  [['key', 'create', '__proto__', '--name', 'x'], 1, 'There is no open account'],
  [['account', 'show', "'; DROP TABLE account; --"], 1, 'There is no account'],
  [['account', 'create', '--email', 'b@example.com', '--tier', '__proto__'], 2, 'no tier'],
  [['statement', 'A', '--after', 'x'], 2, '--after must be'],
  [['statement', 'A', '--limit', '9223372036854775808'], 2, '--limit must be'],
  [['catalog', 'reject', 'prp_none'], 1, 'There is no open proposal'],
  [['document', 'show', 'terms', '9'], 1, ''],
  [['document', 'show', 'novel', '1'], 2, ''],
  [['document', 'publish', 'novel', '2', ...files], 2, ''],
  [['document', 'publish', 'terms', '2', ...files.with(1, '/none')], 2, 'cannot be read'],
  [['simulate', '--seed', 'ten', '--listen', '127.0.0.1:0'], 2, '--seed must be'],
  [['simulate', '--journal', 'x', '--listen', '127.0.0.1:0'], 2, '--journal must be'],
  [['systemd', '--caddy', '--nginx'], 2, ''],
  [['admin', 'create', '--email', 'x'], 2, 'no e-mail address'],
] as [string[], number, string][])('%j', async (args, exit, words) => {
  const typed = args.map((word) => (word === 'A' ? account : word))
  expect(await refused(typed)).toEqual([exit, expect.stringContaining(words)])
})

describe('a file or a directory that is none', () => {
  const folder = join(data, 'folder')
  const foreign = join(data, 'foreign')
  const odd = join(data, 'odd')
  const never = join(data, 'never')
  beforeAll(() => {
    for (const one of [folder, foreign, join(odd, 'kkai.db')]) mkdirSync(one, { recursive: true })
    writeFileSync(join(foreign, 'kkai.db'), 'Nothing but words, and enough of them.\n'.repeat(99))
  })
  const noDatabase = 'is not a database of this program. Is --data right?'

  test.each([
    [['catalog', 'apply', folder], 2, 'cannot be read. Check its name'],
    [['catalog', 'apply', text], 2, 'Line 1'],
    [['catalog', 'apply', '/dev/null'], 2, 'the file ends too early'],
    [['backup', folder], 2, 'is there already. Name another file.'],
    [['backup', text], 2, 'is there already. Name another file.'],
    [['backup', '/none/at/all'], 1, 'Check its directory.'],
    [['restore', '/none'], 2, 'There is no file /none.'],
    [['restore', folder], 1, noDatabase],
    [['restore', text], 1, noDatabase],
    [['config', 'show', '--config', folder], 78, 'cannot be read'],
    [['config', 'show', '--config', '/none'], 78, 'cannot be read'],
    [['serve', '--listen', '127.0.0.1:0', '--data', text], 2, 'is no directory. Name one'],
    ...['account show x', 'verify', `backup ${never}`, 'serve --listen 127.0.0.1:0'].flatMap(
      (line) => [
        [[...line.split(' '), '--data', foreign], 1, noDatabase],
        [[...line.split(' '), '--data', odd], 1, odd],
        [[...line.split(' '), '--data', '/proc/none'], 1, '/proc/none'],
      ],
    ),
  ] as [string[], number, string][])('%j', async (args, exit, words) => {
    expect(await refused(args)).toEqual([exit, expect.stringContaining(words)])
    expect(readdirSync(foreign).filter((name) => !/^(kkai\.db|lock)$/.test(name))).toEqual([])
    expect(existsSync(never)).toBe(false)
  })
})

describe('a terminal that goes away', () => {
  test.each([[['--help']], [['grafana']], [['config', 'show']], [['account', 'show', 'A']]])(
    '%j ends well when nobody reads on',
    async (args) => {
      const typed = args.map((word) => (word === 'A' ? account : word))
      const child = spawnKkai(typed, own)
      await child.stdout.cancel()
      expect(await new Response(child.stderr).text()).toBe('')
      expect(await child.exited).toBe(0)
    },
  )

  test('a backup that is interrupted leaves no backup, and the next one is whole', async () => {
    const own = newData()
    await kkaiJson(['account', 'create', '--email', 'bob@example.com', '--data', own])
    const large = new Database(join(own, 'kkai.db'))
    large.run('CREATE TABLE filler (bytes BLOB)')
    large.run('INSERT INTO filler VALUES (zeroblob(30000000))')
    large.close()
    const file = join(own, 'copy.db')
    const child = spawnKkai(['backup', file, '--data', own])
    while (!existsSync(`${file}.part`)) await Bun.sleep(5)
    child.kill('SIGINT')
    expect(await child.exited).not.toBe(0)
    expect(existsSync(file)).toBe(false)
    expect((await kkai(['backup', file, '--data', own])).exit).toBe(0)
    expect((await kkai(['verify', '--data', own])).exit).toBe(0)
  })
})

test('what would have changed something is in the audit, with why it did not', () => {
  const db = new Database(join(data, 'kkai.db'))
  const acts = db
    .query('SELECT DISTINCT act, outcome FROM audit JOIN audit_outcome ON audit_id = id')
    .values()
  db.close()
  expect(acts).toEqual(
    expect.arrayContaining([
      ['account create', 'done'],
      ['account create', 'invalid_request'],
      ['credit grant', 'invalid_amount'],
      ['key create', 'invalid_request'],
      ['key create', 'not_found'],
      ['catalog reject', 'not_found'],
    ]),
  )
})

test('nothing was changed by any of it', async () => {
  const shown = await kkaiJson(['account', 'show', account, '--data', data])
  expect(shown).toMatchObject({ state: 'active', balance_nano: '0', keys: [] })
  expect(await kkaiJson(['catalog', 'show', '--data', data])).toMatchObject({ models: [] })
})
