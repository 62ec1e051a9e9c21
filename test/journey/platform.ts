/** A platform as an operator runs it: the executable, a real SMTP server, the simulated provider, and people at browsers. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fill, press, sees, type Visit, visit } from '../helpers/browser.ts'
import { kkaiJson, newData, type Started, startKkai } from '../helpers/kkai.ts'
import { type Mailbox, openMailbox } from '../helpers/mailbox.ts'

export interface Journey {
  url: string
  data: string
  mailbox: Mailbox
  server: Started<{ url: string }>
  /** Runs a command beside the server. */
  run<T>(...args: string[]): Promise<T>
}

export const password = 'a sentence to remember'

export async function startPlatform(
  settings: Record<string, string> = {},
  { listen = '127.0.0.1:0', data = newData() } = {},
): Promise<Journey> {
  const mailbox = await openMailbox()
  const simulator = await startKkai(['simulate', '--listen', '127.0.0.1:0'])
  const server = await startKkai(['serve', '--data', data, '--listen', listen], {
    KKAI_SMTP_URL: mailbox.url,
    ...settings,
  })
  const file = join(data, 'catalog.json')
  writeFileSync(file, catalog(simulator.facts.url))
  const run = <T>(...args: string[]) => kkaiJson<T>([...args, '--data', data])
  await run('catalog', 'apply', file)
  return { url: server.facts.url, data, mailbox, server, run }
}

function catalog(origin: string): string {
  const channel = {
    ...{ id: 'simulated', provider: 'simulated', base_url: `${origin}/v1`, credential: 'sk-sim' },
    allow_private: true,
  }
  const model = {
    ...{ id: 'sim-fast', kind: 'chat', context_length: 128_000, max_output: 4096 },
    channels: [{ channel: 'simulated', model: 'sim-fast' }],
    price: { input: '0.15', output: '0.60' },
  }
  return JSON.stringify({ channels: [channel], models: [model] })
}

export interface Person extends Visit {
  email: string
  /** The account that she owns. */
  account: string
}

/** Registers, confirms the address by the mail that arrived, and logs in: all in the browser. */
export async function enroll(journey: Journey, email: string): Promise<Person> {
  const person = await visit(journey.url)
  const { page } = person
  await page.goto(`${journey.url}/register`, { waitUntil: 'networkidle0' })
  await fill(page, 'name', email.split('@')[0] ?? '')
  await fill(page, 'email', email)
  await fill(page, 'password', password)
  for (const box of ['adult', 'documents']) await page.click(`[name="${box}"]`)
  await page.click('form button[type="submit"]')
  await sees(page, 'Look into your mail', 15_000)
  await follow(journey, person, email, /\S+\/verify\?token=\w+/)
  await sees(page, 'Your address is confirmed.')
  await logIn(journey, person, email)
  await page.waitForFunction(() => location.pathname.startsWith('/accounts/'), { timeout: 10_000 })
  const account = new URL(page.url()).pathname.split('/')[2] ?? ''
  return { ...person, email, account }
}

export async function logIn(journey: Journey, { page }: Visit, email: string, secret = password) {
  await page.goto(`${journey.url}/login`, { waitUntil: 'networkidle0' })
  await fill(page, 'email', email)
  await fill(page, 'password', secret)
  await press(page, 'Log in')
  await page.click('form button[type="submit"]').catch(() => {})
}

/** Opens the link of the mail that came to that address. */
export async function follow(journey: Journey, { page }: Visit, to: string, link: RegExp) {
  const [url] = await journey.mailbox.find(to, link)
  await page.goto(url, { waitUntil: 'networkidle0' })
}

/** What the key's call was answered: its id, and the code of a refusal. */
export async function call({ url }: Journey, key: string, content: string) {
  const response = await fetch(`${url}/api/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim-fast', messages: [{ role: 'user', content }] }),
  })
  const { id, error } = (await response.json()) as { id?: string; error?: { code: string } }
  return { id: id ?? '', code: error?.code ?? 'ok' }
}
