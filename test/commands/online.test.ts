/** The command line while a server runs: commands are handed over to it and take effect at once; and the server's life. */
import { describe, expect, test } from 'bun:test'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kkai, kkaiJson, newData, spawnKkai, startKkai } from '../helpers/kkai.ts'

interface Demo {
  url: string
  key: string
  account: string
  admin: { email: string; password: string }
  simulator: string
  data: string
}

const demo = startKkai<Demo>(['demo'])

async function ask(
  url: string,
  key: string,
  model = 'sim-fast',
): Promise<{ status: number; code: string | null }> {
  const response = await fetch(`${url}/api/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }),
  })
  const body = (await response.json()) as { error?: { code: string } }
  return { status: response.status, code: body.error?.code ?? null }
}

describe('the demo', () => {
  test('says what a program needs, and answers', async () => {
    const { facts } = await demo
    const told = ['url', 'key', 'account', 'admin', 'voucher', 'simulator', 'data']
    expect(Object.keys(facts)).toEqual(told)
    expect((await fetch(`${facts.url}/readyz`)).status).toBe(200)
    expect(await ask(facts.url, facts.key)).toEqual({ status: 200, code: null })
    expect(await ask(facts.url, facts.key, 'anthropic/sim-fast')).toEqual({
      status: 200,
      code: null,
    })
    expect((await ask(facts.url, facts.key, 'demo/500')).status).toBeGreaterThanOrEqual(500)
    expect(await ask(facts.url, facts.key, 'demo/azure')).toEqual({ status: 200, code: null })
    expect((await fetch(`${facts.simulator}/journal`)).status).toBe(200)
  })

  test('has a socket for its owner alone', async () => {
    const { facts } = await demo
    expect(statSync(join(facts.data, 'kkai.sock')).mode & 0o777).toBe(0o600)
  })

  test('takes commands: each is in effect when it has answered', async () => {
    const { facts } = await demo
    const run = (...args: string[]) => kkaiJson([...args, '--data', facts.data])
    const { account } = (await run('account', 'create', '--email', 'ann@example.com')) as {
      account: string
    }
    const { key, hash } = (await run('key', 'create', account, '--name', 'n')) as {
      key: string
      hash: string
    }
    const answers = async () => (await ask(facts.url, key)).code
    expect(await answers()).toBe('insufficient_credits')
    await run('credit', 'grant', account, '1.00', '--reason', 'r')
    expect(await answers()).toBeNull()
    await run('account', 'suspend', account, '--reason', 'r')
    expect(await answers()).toBe('account_suspended')
    await run('account', 'reinstate', account, '--reason', 'r')
    expect(await answers()).toBeNull()
    await run('key', 'limit', hash, '--models', 'sim-chat')
    expect(await answers()).toBe('model_not_allowed')
    await run('key', 'limit', hash, '--models', 'sim-fast')
    await run('key', 'disable', hash)
    expect(await answers()).toBe('invalid_api_key')
    await run('key', 'enable', hash)
    expect(await answers()).toBeNull()
    await run('key', 'revoke', hash)
    expect(await answers()).toBe('invalid_api_key')
  })

  test('takes a catalogue: a new model is sold and a new price charged at once', async () => {
    const { facts } = await demo
    const path = join(newData(), 'catalog.json')
    const apply = (price: string) => {
      const channels = [{ channel: 'simulated', model: 'sim-fast' }]
      const model = {
        id: 'mine',
        context_length: 1000,
        max_output: 100,
        channels,
        price: { input: price, output: price },
      }
      writeFileSync(path, JSON.stringify({ models: [model] }))
      return kkaiJson(['catalog', 'apply', path, '--data', facts.data])
    }
    expect(await ask(facts.url, facts.key, 'mine')).toMatchObject({ code: 'model_not_found' })
    await apply('1')
    expect(await ask(facts.url, facts.key, 'mine')).toMatchObject({ status: 200 })
    await apply('2')
    expect(await ask(facts.url, facts.key, 'mine')).toMatchObject({ status: 200 })
    const { stdout } = await kkai([
      'export',
      'usage',
      '--account',
      facts.account,
      '--json',
      '--data',
      facts.data,
    ])
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const mine = rows.filter(({ model }) => model === 'mine')
    const perToken = mine.map(
      ({ cost_nano, input, output }) => Number(cost_nano) / (input + output),
    )
    expect(perToken).toEqual([1000, 2000])
  })

  test('refuses a command as it would be refused here', async () => {
    const { facts } = await demo
    const ran = await kkai(['account', 'show', 'acc_none', '--json', '--data', facts.data])
    expect(ran.exit).toBe(1)
    expect(JSON.parse(ran.stdout)).toMatchObject({ error: { code: 'not_found' } })
    expect(
      await kkai(['credit', 'grant', facts.account, 'x', '--reason', 'r', '--data', facts.data]),
    ).toMatchObject({ exit: 2 })
  })

  test('may have as many requests to providers under way as Bun allows', async () => {
    const { pid } = await demo
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    expect(environment).toContain('BUN_CONFIG_MAX_HTTP_REQUESTS=65535')
  })

  test('is verified beside its running', async () => {
    const { facts } = await demo
    expect(await kkaiJson(['verify', '--data', facts.data])).toMatchObject({ ok: true })
  })

  test('is served by one process only', async () => {
    const { facts } = await demo
    const ran = await kkai(['serve', '--listen', '127.0.0.1:0', '--data', facts.data])
    expect(ran).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('is in use by another process'),
    })
  })
})

test('a server that was stopped or killed starts again on its data, and a client sees every acknowledged change', async () => {
  const data = newData()
  const serve = () => startKkai(['serve', '--listen', '127.0.0.1:0', '--data', data])
  const first = await serve()
  const { account } = (await kkaiJson([
    'account',
    'create',
    '--email',
    'ann@example.com',
    '--data',
    data,
  ])) as { account: string }
  expect(await first.stop()).toBe(0)
  const second = await serve()
  await kkaiJson(['credit', 'grant', account, '1.00', '--reason', 'r', '--data', data])
  await second.stop('SIGKILL')
  expect(await kkaiJson(['account', 'show', account, '--data', data])).toMatchObject({
    balance_nano: '1000000000',
  })
  const third = await serve()
  expect((await fetch(`${third.facts.url}/readyz`)).status).toBe(200)
  expect(await kkaiJson(['account', 'show', account, '--data', data])).toMatchObject({
    balance_nano: '1000000000',
  })
  expect(await third.stop('SIGINT')).toBe(0)
})

test('a command typed while the server starts waits for it', async () => {
  const data = newData()
  const starting = startKkai(['serve', '--listen', '127.0.0.1:0', '--data', data])
  const commands = ['a', 'b', 'c'].map((name) =>
    kkaiJson(['account', 'create', '--email', `${name}@example.com`, '--data', data]),
  )
  expect(await Promise.all(commands)).toHaveLength(3)
  await (await starting).stop()
})

test('the demo ends with its data, also where what started it passes the Ctrl-C on', async () => {
  const { facts, pid, stop } = await startKkai<Demo>(['demo'])
  process.kill(pid, 'SIGINT')
  expect(await stop('SIGINT')).toBe(0)
  expect(() => statSync(facts.data)).toThrow()
})

test('the first start says what to do next', async () => {
  const data = newData()
  const ran = spawnKkai(['serve', '--listen', '127.0.0.1:0', '--data', data])
  const reader = ran.stdout.getReader()
  const text = new TextDecoder().decode((await reader.read()).value)
  expect(text).toContain('Nothing is sold yet')
  expect(text).toContain(`kkai catalog apply catalog.json --data ${data}`)
  ran.kill()
  await ran.exited
})

test('the simulated provider runs alone and keeps a journal', async () => {
  const { facts, stop } = await startKkai(['simulate', '--listen', '127.0.0.1:0'])
  const response = await fetch(`${facts.url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer sk-sim-x',
      'content-type': 'application/json',
      'x-request-id': 'mine',
    },
    body: JSON.stringify({ model: 'sim-fast', messages: [{ role: 'user', content: 'Hello' }] }),
  })
  expect(response.status).toBe(200)
  const { requests } = (await (await fetch(`${facts.url}/journal`)).json()) as {
    requests: unknown[]
  }
  expect(requests).toHaveLength(1)
  expect(await stop()).toBe(0)
})

test('an address that is taken is said so', async () => {
  const { facts } = await demo
  const listen = new URL(facts.url).host
  for (const args of [['serve', '--data', newData()], ['demo'], ['simulate']]) {
    const ran = await kkai([...args, '--listen', listen])
    expect(ran).toMatchObject({ exit: 1, stderr: expect.stringContaining('cannot be listened on') })
  }
})
