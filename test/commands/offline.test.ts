/** The command line with no server running: what it prints, what it refuses, and its exit codes. */
import { Database } from 'bun:sqlite'
import { describe, expect, test } from 'bun:test'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../../src/base/secret.ts'
import { kkai, kkaiJson, newData } from '../helpers/kkai.ts'

const catalog = {
  channels: [{ id: 'main', provider: 'openai', credential: 'sk-upstream' }],
  models: [
    {
      ...{ id: 'small', context_length: 1000, max_output: 100 },
      channels: [{ channel: 'main', model: 'gpt-small' }],
      price: { input: '0.15', output: '0.60' },
    },
  ],
}

function catalogFile(data: string, value: unknown = catalog): string {
  const path = join(data, 'catalog.json')
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value, null, 2))
  return path
}

async function newAccount(data: string, email = 'ann@example.com'): Promise<string> {
  const { account } = await kkaiJson(['account', 'create', '--email', email, '--data', data])
  return account as string
}

test('an account, its credit and its keys, from nothing', async () => {
  const data = newData()
  const account = await newAccount(data)
  const at = ['--data', data]
  await kkaiJson(['credit', 'grant', account, '10.00', '--reason', 'welcome', ...at])
  const limits = [
    '--limit',
    '5',
    '--reset',
    'monthly',
    '--rpm',
    '60',
    '--tpm',
    '100000',
    '--models',
    'a,b',
  ]
  const named = ['--name', 'ci', '--ips', '10.0.0.0/8', '--expires', '2099-01-01']
  const made = await kkaiJson(['key', 'create', account, ...named, ...limits, ...at])
  expect(made.key).toMatch(/^sk-kk-/)
  expect(made.hash).toBe(sha256(made.key as string))
  expect(await kkaiJson(['account', 'show', account, ...at])).toMatchObject({
    ...{ account, email: 'ann@example.com', state: 'active', tier: 'operator' },
    ...{ balance_nano: '10000000000', pending_nano: '0', available_nano: '10000000000' },
    keys: [{ hash: made.hash, name: 'ci', state: 'active' }],
  })
  expect(await kkaiJson(['key', 'show', made.hash as string, ...at])).toMatchObject({
    ...{ account, state: 'active', expires_at: '2099-01-01T00:00:00.000Z', spent_nano: '0' },
    limits: {
      ...{ limit: '5.00', reset: 'monthly', rpm: 60, tpm: 100_000, concurrent: null },
      ...{ models: ['a', 'b'], ips: ['10.0.0.0/8'] },
    },
  })
  expect(await kkaiJson(['statement', account, ...at])).toMatchObject({
    lines: [
      { code: 'grant', amount_nano: '10000000000', balance_nano: '10000000000', reason: 'welcome' },
    ],
  })
  expect(await kkaiJson(['verify', ...at])).toMatchObject({ ok: true })
})

test('a key is disabled, enabled, limited, rotated and revoked', async () => {
  const data = newData()
  const account = await newAccount(data)
  const run = (...args: string[]) => kkaiJson([...args, '--data', data])
  const { hash, key } = (await run('key', 'create', account, '--name', 'n')) as {
    hash: string
    key: string
  }
  expect(await run('key', 'disable', hash)).toEqual({ hash, state: 'disabled' })
  expect(await run('key', 'enable', hash)).toEqual({ hash, state: 'active' })
  expect(await run('key', 'limit', hash, '--rpm', '7')).toMatchObject({
    limits: { rpm: 7, tpm: null },
  })
  const rotated = (await run('key', 'rotate', hash, '--overlap', '1h')) as { hash: string }
  expect(rotated).toMatchObject({ old_hash: hash })
  expect(await run('key', 'show', rotated.hash)).toMatchObject({ name: 'n', limits: { rpm: 7 } })
  expect(await run('key', 'revoke', key)).toEqual({ hash, state: 'revoked' })
  expect(await kkai(['key', 'enable', hash, '--data', data])).toMatchObject({ exit: 1 })
})

test('a catalogue is applied, shown without its credentials, and applied again without a change', async () => {
  const data = newData()
  const path = catalogFile(data)
  expect(await kkaiJson(['catalog', 'apply', path, '--data', data])).toMatchObject({
    models: { added: ['small'] },
  })
  expect(await kkaiJson(['catalog', 'apply', path, '--data', data])).toMatchObject({
    models: { unchanged: ['small'] },
    prices: [],
  })
  const { stdout } = await kkai(['catalog', 'show', '--json', '--data', data])
  expect(JSON.parse(stdout)).toMatchObject({
    channels: [{ id: 'main', credential: 'sealed' }],
    models: [{ id: 'small', sold: true, price: { input: '0.15', output: '0.60' } }],
  })
  expect(stdout).not.toContain('sk-upstream')
})

test('prices are proposed, approved with a markup, and rejected', async () => {
  const data = newData()
  const model = (id: string) => ({
    id,
    context_length: 1,
    channels: [{ channel: 'main', model: id }],
  })
  const path = catalogFile(data, { ...catalog, models: [model('gpt-4o'), model('gpt-4')] })
  const run = (...args: string[]) => kkaiJson(['catalog', ...args, '--data', data])
  await run('apply', path)
  const { proposals } = (await run('propose')) as { proposals: { id: string; model: string }[] }
  const idOf = (model: string) => proposals.find((one) => one.model === model)!.id
  expect(await run('approve', idOf('gpt-4o'), '--markup', '20')).toMatchObject({ model: 'gpt-4o' })
  expect(await run('reject', idOf('gpt-4'))).toMatchObject({ state: 'rejected' })
  expect(await run('show')).toMatchObject({
    models: [
      { id: 'gpt-4', sold: false, price: null },
      { id: 'gpt-4o', sold: true, price: { input: '3.00' }, buy_price: { input: '2.50' } },
    ],
    proposals: [],
  })
})

test('two commands at once both take effect', async () => {
  const data = newData()
  const account = await newAccount(data)
  const grants = Array.from({ length: 4 }, (_, at) =>
    kkaiJson(['credit', 'grant', account, '1', '--reason', `r${at}`, '--data', data]),
  )
  await Promise.all(grants)
  expect(await kkaiJson(['account', 'show', account, '--data', data])).toMatchObject({
    balance_nano: '4000000000',
  })
})

test('a grant with a reference is booked once', async () => {
  const data = newData()
  const account = await newAccount(data)
  const grant = [
    'credit',
    'grant',
    account,
    '1',
    '--reason',
    'r',
    '--reference',
    'order-1',
    '--expires',
    '2099-01-31',
    '--data',
    data,
  ]
  expect(await kkaiJson(grant)).toMatchObject({ transfer: expect.stringMatching(/^tfr_/) })
  expect(await kkaiJson(grant)).toMatchObject({ transfer: null, balance_nano: '1000000000' })
})

test('what is kept is for its owner alone', async () => {
  const data = join(newData(), 'data')
  await newAccount(data)
  const modes = ['', 'kkai.db', 'sealing.key'].map(
    (name) => statSync(join(data, name)).mode & 0o777,
  )
  expect(modes).toEqual([0o700, 0o600, 0o600])
})

describe('usage is exported', () => {
  async function withUsage() {
    const data = newData()
    await kkaiJson(['catalog', 'apply', catalogFile(data), '--data', data])
    const account = await newAccount(data)
    const { hash } = await kkaiJson(['key', 'create', account, '--name', 'n', '--data', data])
    const db = new Database(join(data, 'kkai.db'))
    const idOf = (text: string) => String(db.query(text).values()[0]?.[0])
    const price = idOf("SELECT id FROM price WHERE side = 'sell'")
    const key = idOf(`SELECT id FROM key WHERE hash = '${hash}'`)
    const insert = db.transaction(() => {
      for (let at = 0; at < 2500; at++) {
        const id = `gen-${String(at).padStart(4, '0')}`
        db.run(
          `INSERT INTO transfer (id, account_id, seq, phase, debit_id, credit_id, amount, code, created_at, hash)
           VALUES (?, ?, ?, 'pending', ?, 'income', 0, 'usage', 0, '')`,
          [id, account, at + 1, account],
        )
        db.run(
          `INSERT INTO usage (id, account_id, key_id, model_id, price_id, input, cache_read, cache_write, cache_write_1h,
             audio_in, image, output, reasoning, audio_out, search, request, cost, charged, usage_source, outcome, flags,
             status, streamed, created_at, duration_ms)
           VALUES (?, ?, ?, 'small', ?, 3, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 9007199254740993, 5, 'provider', 'complete', ?,
             200, 0, ?, 1)`,
          [id, account, key, price, at === 0 ? '=cmd|"x",y' : null, Math.floor(at / 3)],
        )
      }
    })
    insert()
    db.close()
    return { data, account, price }
  }

  test('as CSV and as JSON lines, page after page, each record once and every digit right', async () => {
    const { data, account, price } = await withUsage()
    const args = ['export', 'usage', '--account', account, '--data', data]
    const csv = (await kkai(args)).stdout.trimEnd().split('\n')
    expect(csv).toHaveLength(2501)
    expect(csv[0]).toBe(
      'id,created_at,model,input,cache_read,cache_write,cache_write_1h,audio_in,image,output,reasoning,audio_out,search,request,price_version,cost_nano,charged_nano,usage_source,outcome,flags',
    )
    expect(csv[1]).toBe(
      `gen-0000,1970-01-01T00:00:00.000Z,small,3,0,0,0,0,0,4,0,0,0,0,${price},9007199254740993,5,provider,complete,"'=cmd|""x"",y"`,
    )
    const lines = (await kkai([...args, '--json'])).stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ id }) => id)).toEqual(csv.slice(1).map((line) => line.split(',')[0]))
    expect(lines[0]).toMatchObject({
      ...{
        model: 'small',
        input: 3,
        output: 4,
        price_version: price,
        cost_nano: '9007199254740993',
      },
      ...{ charged_nano: '5', usage_source: 'provider', outcome: 'complete', flags: '=cmd|"x",y' },
    })
    expect((await kkai(['verify', '--data', data])).exit).toBe(1)
  })
})

describe('what is wrong is refused with one sentence, a code and an exit code', () => {
  const data = newData()
  const account = newAccount(data)
  const hash = 'f'.repeat(64)

  test.each([
    // command                                                          exit code                  words
    [['frobnicate'], 2, 'usage', "unknown command 'frobnicate'"],
    [['kay', 'show'], 2, 'usage', 'Did you mean key?'],
    [['key', 'crate'], 2, 'usage', 'Did you mean create?'],
    [['account', 'create'], 2, 'usage', "'--email <address>' not specified"],
    [['account', 'create', '--email', 'x'], 2, 'invalid_email', 'no e-mail address'],
    [
      ['account', 'create', '--email', 'ANN@example.com'],
      1,
      'already_exists',
      'ann@example.com already',
    ],
    [
      ['account', 'create', '--email', 'b@example.com', '--tier', 'gold'],
      2,
      'invalid_request',
      'no tier gold',
    ],
    [['account', 'show'], 2, 'usage', "missing required argument 'account'"],
    [['account', 'show', 'acc_none'], 1, 'not_found', 'There is no account acc_none'],
    [['account', 'show', 'income'], 1, 'not_found', 'There is no account income'],
    [['account', 'suspend', 'A'], 2, 'usage', "'--reason <text>' not specified"],
    [['account', 'suspend', 'A', '--reason', ' '], 2, 'invalid_request', 'A reason is needed'],
    [
      ['account', 'suspend', 'income', '--reason', 'x'],
      1,
      'not_found',
      'There is no account income',
    ],
    [
      ['credit', 'grant', 'A', '-5', '--reason', 'x'],
      2,
      'invalid_amount',
      'amount must be a decimal string',
    ],
    [['credit', 'grant', 'A', '0', '--reason', 'x'], 2, 'invalid_request', 'an amount above zero'],
    [
      ['credit', 'grant', 'A', '1', '--reason', 'x', '--expires', '2020-01-31'],
      2,
      'invalid_request',
      '--expires must be a date to come',
    ],
    [
      ['credit', 'grant', 'A', '1e9', '--reason', 'x'],
      2,
      'invalid_amount',
      'decimal string of dollars',
    ],
    [
      ['credit', 'grant', 'A', '1.0000000001', '--reason', 'x'],
      2,
      'invalid_amount',
      'at most nine decimals',
    ],
    [
      ['credit', 'grant', 'promo', '1', '--reason', 'x'],
      1,
      'not_found',
      'There is no account promo',
    ],
    [['key', 'create', 'A'], 2, 'usage', "'--name <text>' not specified"],
    [['key', 'create', 'income', '--name', 'x'], 1, 'not_found', 'There is no open account income'],
    [
      ['key', 'create', 'A', '--name', 'x', '--rpm', '0'],
      2,
      'invalid_request',
      '--rpm must be a whole number',
    ],
    [['key', 'create', 'A', '--name', 'x', '--limit', 'x'], 2, 'invalid_amount', '--limit must be'],
    [
      ['key', 'create', 'A', '--name', 'x', '--reset', 'daily'],
      2,
      'invalid_request',
      '--reset needs a --limit',
    ],
    [
      ['key', 'create', 'A', '--name', 'x', '--limit', '1', '--reset', 'yearly'],
      2,
      'invalid_request',
      '--reset must be one of daily',
    ],
    [
      ['key', 'create', 'A', '--name', 'x', '--models', 'a,,b'],
      2,
      'invalid_request',
      '--models must be names',
    ],
    [
      ['key', 'create', 'A', '--name', 'x', '--ips', '10.0.0.0/33'],
      2,
      'invalid_request',
      '--ips must be addresses',
    ],
    [
      ['key', 'create', 'A', '--name', 'x', '--expires', '2001-01-01'],
      2,
      'invalid_request',
      '--expires must be a date to come',
    ],
    [
      ['key', 'create', 'A', '--name', 'x', '--expires', 'soon'],
      2,
      'invalid_request',
      '--expires must be a date to come',
    ],
    [['key', 'show', hash], 1, 'not_found', 'There is no key'],
    [['key', 'revoke', hash], 1, 'not_found', 'There is no key'],
    [['key', 'limit', hash], 2, 'invalid_request', 'Give at least one limit'],
    [['key', 'rotate', hash, '--overlap', '1y'], 2, 'invalid_request', '--overlap must be a time'],
    [['catalog', 'apply', '/none.json'], 2, 'usage', 'The file /none.json cannot be read'],
    [['catalog', 'approve', 'prp_none'], 1, 'not_found', 'There is no proposal prp_none'],
    [['statement', 'A', '--limit', '0'], 2, 'invalid_request', '--limit must be a whole number'],
    [['export', 'usage', '--account', 'acc_none'], 1, 'not_found', 'There is no account acc_none'],
    [['demo', '--listen', '0.0.0.0:0'], 2, 'usage', 'listens on this machine only'],
    [['serve', '--listen', 'nowhere'], 78, 'settings', 'The setting listen must be HOST:PORT'],
    [['serve', '--database', 'postgres://x'], 2, 'usage', "unknown option '--database'"],
  ])('%j', async (args, exit, code, words) => {
    const id = await account
    const real = args.map((word) => (word === 'A' ? id : word))
    const ran = await kkai([...real, '--json'], { KKAI_DATA: data })
    expect(ran.stderr).toContain(words)
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(JSON.parse(ran.stdout)).toEqual({ error: { code, message: ran.stderr.trimEnd() } })
    expect(ran.exit).toBe(exit)
  })

  test('nothing was made by any of them', async () => {
    const { keys, balance_nano } = await kkaiJson([
      'account',
      'show',
      await account,
      '--data',
      data,
    ])
    expect([keys, balance_nano]).toEqual([[], '0'])
  })

  test('a broken catalogue file is pointed at by line and field', async () => {
    const path = catalogFile(data, JSON.stringify(catalog, null, 2).replace('"0.15"', '0.15'))
    const ran = await kkai(['catalog', 'apply', path, '--data', data])
    expect(ran.exit).toBe(2)
    expect(ran.stderr).toMatch(/^Line 21, models\[0\]\.price\.input: must be a decimal string/)
    expect(ran.stdout).toBe('')
    expect(await kkaiJson(['catalog', 'show', '--data', data])).toMatchObject({
      channels: [],
      models: [],
    })
  })

  test('an unknown setting in the environment, with what may have been meant', async () => {
    const ran = await kkai(['account', 'show', 'x'], { KKAI_DTAA: data })
    expect(ran).toMatchObject({
      exit: 78,
      stderr: expect.stringContaining('Did you mean KKAI_DATA?'),
    })
  })

  test('a data directory that cannot be', async () => {
    const file = join(newData(), 'file')
    writeFileSync(file, '')
    const ran = await kkai([
      'account',
      'create',
      '--email',
      'a@example.com',
      '--data',
      join(file, 'data'),
    ])
    expect(ran).toMatchObject({ exit: 1, stderr: expect.stringContaining('cannot be written') })
  })

  test('verify where there is nothing to verify makes no database that stays wrong', async () => {
    const data = join(newData(), 'fresh')
    expect(await kkaiJson(['verify', '--data', data])).toMatchObject({ ok: true })
  })
})

test('settings are shown with their sources, and secrets are not', async () => {
  const env = { KKAI_METRICS_TOKEN: 'hunter2', KKAI_LISTEN: '[::1]:80' }
  const { stdout } = await kkai(['config', 'show', '--json', '--data', '/srv/kkai'], env)
  expect(JSON.parse(stdout)).toMatchObject({
    data: { value: '/srv/kkai', source: 'flag --data' },
    listen: { value: '[::1]:80', source: 'KKAI_LISTEN' },
    metrics_token: { value: '********', source: 'KKAI_METRICS_TOKEN' },
    overdraft: { value: '0.05', source: 'default' },
  })
  expect(stdout).not.toContain('hunter2')
  expect(existsSync('/srv/kkai')).toBe(false)
})

test.each([
  [[]],
  [['--help']],
  [['key', '--help']],
  [['key', 'create', '--help']],
  [['--version']],
  [['version']],
])('kkai %j prints and succeeds', async (args) => {
  const ran = await kkai(args)
  expect(ran).toMatchObject({ exit: 0, stderr: '' })
  expect(ran.stdout.length).toBeGreaterThan(5)
})

test.each([
  [['key'], 'That command is not complete. See kkai key --help.'],
  [['key', 'create'], "required option '--name <text>' not specified. See kkai key create --help."],
  [['backup'], "missing required argument 'file'. See kkai backup --help."],
  [['serv'], "unknown command 'serv' (Did you mean serve?). See kkai --help."],
])('kkai %j is not complete: it says what is missing and where to read on', async (args, said) => {
  expect(await kkai(args)).toMatchObject({ exit: 2, stderr: `${said}\n` })
})

test('help of a command has examples', async () => {
  const { stdout } = await kkai(['key', 'create', '--help'])
  expect((await kkai(['catalog', 'apply', '--help'])).stdout).toContain(
    'Providers: openai, anthropic',
  )
  expect(stdout).toContain('Examples:\n  kkai key create acc_01k… --name main')
})
