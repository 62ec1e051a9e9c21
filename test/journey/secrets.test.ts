/**
 * What must never stand in a log, whatever its level: the executable goes through calls, log-ins, payments and mistakes with
 * every kind of secret in every place where one can be put, and its log is searched for each (operations.md §3 *secrets*).
 */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startPayments } from '../../src/demo/payments/beside.ts'
import { kkaiJson, newData, type Started, startKkai } from '../helpers/kkai.ts'
import { openMailbox } from '../helpers/mailbox.ts'
import { type Browser, openBrowser, type Reply, solve } from '../user/site.ts'

/** Fifty shapes, each with one that nobody has; written in two halves, so that no scanner takes them for real ones. */
const shapes: readonly (readonly [name: string, secret: string])[] = [
  ['OpenAI', 'sk-' + 'proj-1cAnArYaBcDeFgHiJkLmNoPqRsTuVwXyZ012345'],
  ['OpenAI, old', 'sk-' + '2cAnArYaBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcd'],
  ['OpenAI admin', 'sk-' + 'admin-3cAnArYaBcDeFgHiJkLmNoPqRsTuVw'],
  ['Anthropic', 'sk-' + 'ant-api03-4cAnArYaBcDeFgHiJkLmNoPqRsTuVwXyZ-AA'],
  ['OpenRouter', 'sk-' + 'or-v1-5canary0123456789abcdef0123456789abcdef'],
  ['DeepSeek', 'sk-' + '6canary0123456789abcdef01234567'],
  ['Groq', 'gsk_' + '7cAnArYaBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcd'],
  ['xAI', 'xai-' + '8cAnArYaBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789'],
  ['Perplexity', 'pplx-' + '9canary0123456789abcdef0123456789abcdef'],
  ['Hugging Face', 'hf_' + '10cAnArYaBcDeFgHiJkLmNoPqRsTuVw'],
  ['Replicate', 'r8_' + '11cAnArYaBcDeFgHiJkLmNoPqRsTuVwXyZ01'],
  ['Tavily', 'tvly-' + '12cAnArYaBcDeFgHiJkLmNoPqRs'],
  ['Google API', 'AIza' + 'Sy13cAnArYaBcDeFgHiJkLmNoPqRsTuVwX'],
  ['Google OAuth', 'ya29.' + 'a0AfB_14cAnArYaBcDeFgHiJkLmNoPqRs'],
  ['Google client', 'GOCSPX-' + '15cAnArYaBcDeFgHiJkLmNoPq'],
  ['AWS key', 'AKIA' + '16CANARYABCDEFGH'],
  ['AWS session', 'ASIA' + '17CANARYABCDEFGH'],
  ['AWS secret', '18cAnArY/AbCdEfGhIjKlMnOpQrStUvWxYz01234'],
  ['Azure', '19canary0123456789abcdef01234567'],
  ['Cohere', '20cAnArYaBcDeFgHiJkLmNoPqRsTuVwXyZ012345'],
  ['Mistral', '21cAnArYaBcDeFgHiJkLmNoPqRsTuVwX'],
  ['GitHub', 'ghp_' + '22cAnArYaBcDeFgHiJkLmNoPqRsTuVwXyZ01'],
  ['GitHub app', 'ghs_' + '23cAnArYaBcDeFgHiJkLmNoPqRsTuVwXyZ01'],
  ['GitHub fine', 'github_pat_' + '24cAnArYaBcDeFgHiJkLm_NoPqRsTuVwXyZ'],
  ['GitLab', 'glpat-' + '25cAnArYaBcDeFgHiJkL'],
  ['Slack bot', 'xoxb-' + '26-1234567890-cAnArYaBcDeFgHiJkLmNoPq'],
  ['Slack user', 'xoxp-' + '27-1234567890-cAnArYaBcDeFgHiJkLmNoPq'],
  ['Stripe live', 'sk_' + 'live_28cAnArYaBcDeFgHiJkLmNoPq'],
  ['Stripe test', 'sk_' + 'test_29cAnArYaBcDeFgHiJkLmNoPq'],
  ['Stripe restricted', 'rk_' + 'live_30cAnArYaBcDeFgHiJkLmNoPq'],
  ['Stripe webhook', 'whsec_' + '31cAnArYaBcDeFgHiJkLmNoPqRsTuVw'],
  ['SendGrid', 'SG.' + '32cAnArYaBcDeFgHiJk.LmNoPqRsTuVwXyZ0123456789'],
  ['Twilio', 'SK' + '33canary0123456789abcdef01234567'],
  ['npm', 'npm_' + '34cAnArYaBcDeFgHiJkLmNoPqRsTuVwXyZ01'],
  ['PyPI', 'pypi-' + 'AgEIcHlwaS35cAnArYaBcDeFgHiJk'],
  ['DigitalOcean', 'dop_v1_' + '36canary0123456789abcdef0123456789abcdef'],
  ['a JWT', 'eyJ' + 'hbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjM3fQ.37cAnArYsIgNaTuRe'],
  ['a Visa card', '4242' + '424242424242'],
  ['a Visa card with gaps', '4000 0566' + ' 5566 5556'],
  ['a Mastercard with dashes', '5555-5555' + '-5555-4444'],
  ['an Amex card', '3782' + '82246310005'],
  ['a JCB card', '3530' + '111333300000'],
  ['a password', 'hunter2-43-canary'],
  ['a password of words', 'correct horse 44 canary staple'],
  ['a PEM key', '-----BEGIN ' + 'PRIVATE KEY-----MIIE45cAnArYaBcDeFg'],
  ['a hex key', '46ca0a79' + '0123456789abcdef0123456789abcdef0123456789abcdef01234567'],
  ['a UUID token', '47ca0a79-0123-4567-89ab-cdef01234567'],
  ['an address with a password', 'postgres://kkai:48-canary-pass@10.0.0.1/db'],
  ['a TOTP secret', 'otpauth://totp/49?secret=JBSWY3DPEHPK3PXPCANARY'],
  ['a prompt', 'My diagnosis, the fiftieth canary, is not for your log.'],
]

/** What the server itself is given to keep. */
const settings = {
  KKAI_LOG_LEVEL: 'debug',
  KKAI_METRICS_TOKEN: 'metrics-canary-token',
  KKAI_SEALING_KEY: 'ca0a79'.padEnd(64, '7'),
  KKAI_GOOGLE_CLIENT_ID: 'google',
  KKAI_GOOGLE_CLIENT_SECRET: 'google-canary-secret',
  KKAI_GOOGLE_ISSUER: 'http://127.0.0.1:1',
  KKAI_OTEL_ENDPOINT: 'http://127.0.0.1:1',
  KKAI_OTEL_HEADERS: 'authorization=otel-canary-secret',
}
const password = 'a canary sentence to remember'
const credential = 'credential-canary-without-a-shape'

const payments = startPayments()
afterAll(() => payments.stop())

/** A provider that says back what it was sent: prompt and credential. */
const echo = Bun.serve({
  ...{ hostname: '127.0.0.1', port: 0 },
  fetch: async (request) => {
    const message = `${request.headers.get('authorization')}: ${await request.text()}`
    const status = Number(new URL(request.url).pathname.split('/')[1])
    return Response.json(
      { error: { message, type: message, code: 'bad', param: null } },
      { status },
    )
  },
})
afterAll(() => echo.stop(true))

/** Each secret of the journey itself: made by the server, or typed by a person. */
const made: Record<string, string> = {}
let server: Started<{ url: string }>
let ann: Browser
let log = ''

const statuses = [400, 401, 404, 429, 500]

function catalog(simulator: string): string {
  const channel = (id: string, base_url: string) => ({
    ...{ id, provider: 'openai-compatible', base_url, credential, allow_private: true },
  })
  const model = (id: string, channel: string, name = id) => ({
    ...{ id, kind: 'chat', context_length: 128_000, max_output: 4096 },
    ...{ channels: [{ channel, model: name }], price: { input: '0.15', output: '0.60' } },
  })
  return JSON.stringify({
    channels: [
      channel('simulated', `${simulator}/v1`),
      ...statuses.map((status) => channel(`echo-${status}`, `${echo.url}${status}`)),
    ],
    models: [
      ...['sim-fast', 'demo/broken-stream', 'demo/error-in-stream', 'demo/malformed-sse'].map(
        (id) => model(id, 'simulated'),
      ),
      ...statuses.map((status) => model(`echo-${status}`, `echo-${status}`)),
    ],
  })
}

function good(reply: Reply): Reply['body'] {
  if (reply.status !== 200) throw new Error(`${reply.status}: ${JSON.stringify(reply.body)}`)
  return reply.body
}

beforeAll(async () => {
  const mailbox = await openMailbox()
  const data = newData()
  const simulator = await startKkai(['simulate', '--listen', '127.0.0.1:0'])
  const paying = Object.entries(payments.settings).map(([name, value]) => [
    `KKAI_${name.toUpperCase()}`,
    value,
  ])
  server = await startKkai(['serve', '--data', data, '--listen', '127.0.0.1:0'], {
    ...{ ...settings, KKAI_SMTP_URL: mailbox.url },
    ...Object.fromEntries(paying),
  })
  payments.callBackTo(server.facts.url)
  writeFileSync(join(data, 'catalog.json'), catalog(simulator.facts.url))
  await kkaiJson(['catalog', 'apply', join(data, 'catalog.json'), '--data', data])

  ann = openBrowser(server.facts.url)
  const account = await signIn(mailbox)
  await buy(account)
  const { secret } = good(await ann.ask('POST', `/api/accounts/${account}/keys`, { name: 'ci' }))
  made.key = secret
  await call(secret, account)
  await mistake(secret, account)
  await server.stop()
  log = server.stderr()
}, 120_000)

async function signIn(mailbox: Awaited<ReturnType<typeof openMailbox>>): Promise<string> {
  const email = 'ann@example.com'
  const puzzle = async () => solve(good(await ann.ask('GET', '/api/captcha')))
  const { current } = good(await ann.ask('GET', '/api/documents'))
  good(
    await ann.ask('POST', '/api/register', {
      ...{ email, password, captcha: await puzzle(), name: 'Ann', language: 'en', kind: 'person' },
      ...{ adult: true, authority: false },
      documents: current.map(({ id }: { id: string }) => id),
    }),
  )
  const [, verify = ''] = await mailbox.find(email, /\/verify\?token=(\w+)/)
  good(await ann.ask('POST', '/api/verify', { token: verify }))
  for (const wrong of ['hunter2-canary', `${password}!`]) {
    expect((await ann.ask('POST', '/api/login', { email, password: wrong })).status).toBe(400)
    made[`wrong password ${wrong.length}`] = wrong
  }
  good(await ann.ask('POST', '/api/reset', { email, captcha: await puzzle() }))
  const [, reset = ''] = await mailbox.find(email, /confirm\?token=(\w+)/)
  good(await ann.ask('POST', '/api/login', { email, password }))
  Object.assign(made, { verify, reset, session: [...ann.cookies.values()][0] })
  const totp = good(await ann.ask('POST', '/api/me/totp'))
  made.totp = totp.secret
  await ann.ask('POST', '/api/me/totp/confirm', { code: '000000' })
  await ann.ask('GET', '/api/oauth/google')
  return good(await ann.ask('GET', '/api/session')).visitor.accounts[0].id
}

async function buy(account: string): Promise<void> {
  for (const processor of ['stripe', 'ecpay']) {
    const order = { credit: '25.00', processor, method: 'card', once: crypto.randomUUID() }
    const { id } = good(await ann.ask('POST', `/api/accounts/${account}/top-ups`, order))
    if (processor !== 'stripe') continue
    payments.pay(id)
    for (let tries = 0; tries < 100; tries++) {
      const { state } = good(await ann.ask('POST', `/api/accounts/${account}/top-ups/${id}/check`))
      if (state === 'paid') break
      await Bun.sleep(20)
    }
  }
  const forged = { 'stripe-signature': `t=1,v1=${'ca0a79'.repeat(10)}` }
  made.signature = forged['stripe-signature'].slice(7)
  await ann.ask('POST', '/api/payments/stripe', { id: 'evt_1', card: shapes[37]![1] }, forged)
  await ann.ask('POST', '/api/payments/ecpay', { CheckMacValue: made.signature })
}

async function call(key: string, account: string): Promise<void> {
  const content = shapes.map(([, secret]) => secret).join('\n')
  const messages = [{ role: 'user', content }]
  const models = ['sim-fast', 'demo/broken-stream', 'demo/error-in-stream', 'demo/malformed-sse']
  for (const model of [...models, ...statuses.map((status) => `echo-${status}`)]) {
    for (const stream of [false, true]) {
      const reply = await fetch(`${server.facts.url}/api/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model, messages, stream, max_tokens: 20, user: content }),
      })
      await reply.text().catch(() => {})
    }
  }
  await ann.ask('POST', `/api/accounts/${account}/playground`, { model: 'sim-fast', messages })
}

/** Each secret in every place where a person or a program might put it. */
async function mistake(key: string, account: string): Promise<void> {
  for (const [, secret] of shapes) {
    const send = (path: string, init: RequestInit = {}) =>
      fetch(server.facts.url + path, { method: 'POST', ...init }).then((reply) => reply.text())
    const query = encodeURIComponent(secret)
    const chat = '/api/v1/chat/completions'
    const headers = { authorization: `Bearer ${key}` }
    const messages = [{ role: 'user', content: 'Hello' }]
    await send(chat, { headers: { authorization: `Bearer ${secret}` }, body: '{}' })
    await send(chat, { headers: { 'x-api-key': secret }, body: '{}' })
    await send(chat, { headers: { ...headers, 'x-api-key': secret }, body: '{}' })
    await send(`${chat}?key=${query}`, { headers, body: '{}' })
    await send(chat, { headers, body: `{"model": "${secret}` })
    await send(chat, { headers, body: JSON.stringify({ model: secret, messages }) })
    await send(chat, { headers, body: JSON.stringify({ model: 'sim-fast', messages: secret }) })
    await send(chat, {
      headers: { ...headers, traceparent: secret, 'x-title': secret, cookie: `session=${secret}` },
      body: JSON.stringify({ model: 'sim-fast', messages, [secret]: secret }),
    })
    await ann.ask('POST', '/api/login', { email: secret, password: secret })
    await ann.ask('POST', '/api/verify', { token: secret })
    await ann.ask('POST', '/api/login/second', { ticket: secret, code: secret })
    await ann.ask('PATCH', '/api/me', { language: secret, [secret]: 1 })
    await ann.ask('POST', `/api/accounts/${account}/vouchers`, { code: secret })
    await ann.ask('POST', `/api/accounts/${account}/top-ups`, { credit: secret, processor: secret })
    await ann.ask('GET', `/api/oauth/google/callback?code=${query}&state=${query}`)
  }
  await send(`/metrics`, settings.KKAI_METRICS_TOKEN)

  async function send(path: string, token: string): Promise<void> {
    const headers = { authorization: `Bearer ${token}` }
    expect((await fetch(server.facts.url + path, { headers })).status).toBe(200)
  }
}

test('the journey was one: calls, refusals, failures and payments are in the log', () => {
  const events = new Set([...log.matchAll(/"event":"([\w.]+)"/g)].map(([, event]) => event))
  for (const event of ['call.settled', 'call.ended', 'upstream.failed', 'http.refused']) {
    expect(events).toContain(event)
  }
})

const found = (secret: string) => log.split('\n').filter((line) => line.includes(secret))

test('there are fifty shapes, all different', () => {
  expect(new Set(shapes.map(([, secret]) => secret)).size).toBe(50)
})

test.each(shapes)('no %s', (_, secret) => {
  expect(found(secret)).toEqual([])
  expect(found(encodeURIComponent(secret))).toEqual([])
})

describe('none of the secrets of the journey itself', () => {
  test('of people: password, session, links, key, authenticator', () => {
    expect(Object.keys(made).length).toBeGreaterThan(7)
    for (const [name, secret] of Object.entries({ ...made, password })) {
      expect(secret.length).toBeGreaterThan(9)
      expect({ name, lines: found(secret) }).toEqual({ name, lines: [] })
    }
  })

  test('of the server: its settings and credentials', () => {
    const { stripe_secret_key, stripe_webhook_secret, ecpay_hash_key, ecpay_hash_iv } =
      payments.settings
    const secrets = [stripe_secret_key, stripe_webhook_secret, ecpay_hash_key, ecpay_hash_iv]
    const kept = ['METRICS_TOKEN', 'SEALING_KEY', 'GOOGLE_CLIENT_SECRET'] as const
    secrets.push(credential, 'otel-canary-secret', ...kept.map((name) => settings[`KKAI_${name}`]))
    for (const secret of secrets) expect(found(String(secret))).toEqual([])
  })

  test('and nothing that only looks like one: the word is in no line', () => {
    expect(found('canary')).toEqual([])
    expect(found('cAnArY')).toEqual([])
  })
})
