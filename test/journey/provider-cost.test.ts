/**
 * Otto in a real browser: a provider says it charged more than he reckons. He sees it first thing, finds the channel, and types
 * in what its invoice says, then what it says really.
 */
import { beforeAll, expect } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fill, journey, press, sees } from '../helpers/browser.ts'
import { startKkai } from '../helpers/kkai.ts'
import { enroll, type Journey, type Person, startPlatform } from './platform.ts'

let platform: Journey
let otto: Person
const month = new Date().toISOString().slice(0, 7)

beforeAll(async () => {
  platform = await startPlatform()
  // Ten thousand times the list price, and 5 % more: a thousand tokens are worth to compare.
  const upstream = 'demo/openrouter@tokens=1000,cost=1050000'
  const dear = {
    ...{ id: 'dear', context_length: 8000, max_output: 4096, price: { input: '1', output: '1' } },
    buy_price: { input: '1200', output: '4800' },
    channels: [{ channel: 'simulated', model: upstream }],
  }
  const file = join(platform.data, 'more.json')
  writeFileSync(file, JSON.stringify({ models: [dear] }))
  await platform.run('catalog', 'apply', file)
  otto = await enroll(platform, 'otto@example.com')
  await platform.run('admin', 'create', '--email', otto.email)
  await platform.run('credit', 'grant', otto.account, '5', '--reason', 'test')
  const { key } = await platform.run<{ key: string }>('key', 'create', otto.account, '--name', 'a')
  const response = await fetch(`${platform.url}/api/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'dear', messages: [{ role: 'user', content: 'Hello' }] }),
  })
  expect([response.status, await response.text()]).toEqual([
    200,
    expect.not.stringMatching(/_cost/),
  ])
  // Calls are summed every five minutes, and at the start.
  await platform.server.stop()
  const listen = new URL(platform.url).host
  await startKkai(['serve', '--data', platform.data, '--listen', listen])
}, 90_000)

const open = (path: string) => otto.page.goto(platform.url + path, { waitUntil: 'networkidle0' })
const submit = () => otto.page.click('dialog form button[type="submit"]')
const enter = async (amount: string, reason: string) => {
  await fill(otto.page, 'amount', amount)
  await fill(otto.page, 'reason', reason)
  await submit()
}

journey(
  'sees the difference, finds the channel, and types in its invoice, corrected with its history',
  async () => {
    const { page } = otto
    await open('/admin')
    await sees(page, 'simulated says it charged US$5.')
    await press(page, 'Costs by provider')
    await sees(page, '+4.76%')

    await press(page, `Enter the invoice: ${month} simulated`)
    await enter('1,000', 'no. 7')
    await page.waitForSelector('dialog [name="amount"][aria-invalid="true"]')
    await enter('500', 'no. 7')
    await sees(page, 'US$500.00')
    await press(page, `Correct the invoice: ${month} simulated`)
    await sees(page, 'no. 7')
    await enter('4.90', 'a zero too many')
    await sees(page, 'US$4.90')
    expect(await page.$eval('table', (table) => table.textContent)).not.toContain('500')
    await press(page, `Correct the invoice: ${month} simulated`)
    await sees(page, 'a zero too many')
    await sees(page, 'US$500.00 · no. 7')

    await open('/admin/channels')
    await sees(page, 'ours: US$4.')
    await open('/admin/audit')
    await sees(page, 'reports/providers/invoices')
    expect(otto.faults).toEqual([])
  },
  60_000,
)
