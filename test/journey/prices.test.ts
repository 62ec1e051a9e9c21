/**
 * Otto raises a price in a real browser: he sees whom it meets, Ann who used the model is mailed, it takes effect at its time,
 * and her answer that had begun before keeps the old price [T3.2, T9]. Then he decides what the price list proposes.
 */
import { beforeAll, describe, expect } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fill, journey, press, sees } from '../helpers/browser.ts'
import { enroll, type Journey, type Person, startPlatform } from './platform.ts'

let platform: Journey
let ann: Person
let otto: Person
let key = ''

beforeAll(async () => {
  platform = await startPlatform()
  const file = join(platform.data, 'more.json')
  const way = (model: string, channel = 'simulated') => ({ channels: [{ channel, model }] })
  const listed = { id: 'openai', provider: 'openai', credential: 'sk-none' }
  writeFileSync(
    file,
    JSON.stringify({
      channels: [listed],
      models: [
        {
          ...{ id: 'slow', context_length: 8000, max_output: 4096, ...way('demo/slow@tokens=100') },
          price: { input: '0.15', output: '0.60' },
        },
        { id: 'gpt-4o', context_length: 8000, max_output: 4096, ...way('gpt-4o', 'openai') },
      ],
    }),
  )
  await platform.run('catalog', 'apply', file)
  ann = await enroll(platform, 'ann@example.com')
  otto = await enroll(platform, 'otto@example.com')
  await platform.run('admin', 'create', '--email', otto.email)
  await platform.run('credit', 'grant', ann.account, '5', '--reason', 'welcome')
  const made = await platform.run<{ key: string }>('key', 'create', ann.account, '--name', 'a')
  key = made.key
}, 60_000)

const open = (path: string) => otto.page.goto(platform.url + path, { waitUntil: 'networkidle0' })

/** Sets a field of day and time, which a person picks by its parts. */
async function pick(name: string, at: number): Promise<void> {
  await otto.page.$eval(
    `[name="${name}"]`,
    (field, time) => {
      const local = new Date(time - new Date(time).getTimezoneOffset() * 60_000)
      ;(field as HTMLInputElement).value = local.toISOString().slice(0, 19)
      field.dispatchEvent(new Event('input', { bubbles: true }))
    },
    at,
  )
}

/** Starts an answer of five seconds; resolves at its end with what was charged for its prompt. */
async function ask() {
  const response = await fetch(`${platform.url}/api/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ model: 'slow', stream: true, max_tokens: 200 },
      messages: [{ role: 'user', content: 'Hello' }],
    }),
  })
  const text = await response.text()
  const id = /"id":"(gen-\w+)"/.exec(text)?.[1] ?? ''
  const { units, price_version } = await ann.page.evaluate(
    async (path) => (await fetch(path)).json(),
    `/api/accounts/${ann.account}/requests/${id}`,
  )
  const input = units.find(({ unit }: { unit: string }) => unit === 'input')?.usd_per_million
  return { input, version: String(price_version), endedAt: Date.now() }
}

describe('A price that rises', () => {
  let at = 0

  journey(
    'is published for a time to come, once it is ticked that its users know late',
    async () => {
      const { page } = otto
      expect((await ask()).input).toBe('0.15')
      await open('/')
      await press(page, 'Operator')
      await sees(page, 'Owed to customers')
      await press(page, 'Models and prices')
      await press(page, 'Price: slow')
      await fill(page, 'input', 'dear')
      await fill(page, 'reason', 'The provider raised it.')
      await press(page, 'Check')
      await sees(page, 'Enter an amount in dollars')
      await fill(page, 'input', '0.30')
      // Long enough for the job that tells of it, which runs once a minute.
      at = (Math.floor(Date.now() / 1000) + 75) * 1000
      await pick('effective_from', at)
      await press(page, 'Check')
      await sees(page, 'Accounts that used it in the last 30 days: 1.')
      await sees(page, 'Input tokens: 0.15 → 0.30')
      await page.click('[name="confirm_short_notice"]')
      await press(page, 'Publish')
      await page.waitForFunction(() => document.querySelector('dialog') === null)
      await page.waitForSelector('[aria-label="Call off: slow"]')
    },
    60_000,
  )

  journey(
    'is told to Ann, who used it, before it comes',
    async () => {
      const [told] = await platform.mailbox.find(ann.email, /slow[\s\S]*0\.30/, 80_000)
      expect(told).toContain('0.15')
      expect(Date.now()).toBeLessThan(at)
    },
    90_000,
  )

  journey(
    'takes effect at its time: an answer that began before keeps the old price',
    async () => {
      await Bun.sleep(Math.max(0, at - Date.now() - 2_000))
      const before = await ask()
      expect(before.endedAt).toBeGreaterThan(at)
      const after = await ask()
      expect([before.input, after.input]).toEqual(['0.15', '0.30'])
      expect(before.version).not.toBe(after.version)
      await open('/admin/models?q=slow')
      await sees(otto.page, 'No price is scheduled.')
    },
    120_000,
  )
})

describe('What the price list proposes', () => {
  journey(
    'is shown with the price that a rule makes of it, and is sold once it is approved',
    async () => {
      const { page } = otto
      await open('/admin/models')
      await fill(page, 'markups', 'openai 20')
      await press(page, 'Save')
      await sees(page, 'Saved.')
      await press(page, 'Compare with the price list')
      await sees(page, 'Not in the list:')
      await sees(page, 'Input tokens: – → 3.00')
      await page.click('[aria-label="Choose gpt-4o"]')
      await press(page, 'Decide (1)')
      await sees(page, 'No proposal is open.')
      const { data } = await page.evaluate(async () => (await fetch('/api/models')).json())
      const sold = data.find(({ id }: { id: string }) => id === 'gpt-4o')
      expect(sold.prices).toMatchObject({ input: '3.00', output: '12.00' })
      expect(otto.faults).toEqual([])
    },
    60_000,
  )
})

describe('A channel', () => {
  journey(
    'is tried, and rests with a reason until it is used again',
    async () => {
      const { page } = otto
      await open('/admin/channels')
      await press(page, 'Test: simulated')
      await page.click('dialog button[type="submit"]')
      await sees(page, 'Answered in')
      await page.keyboard.press('Escape')
      await press(page, 'Rest: simulated')
      await fill(page, 'reason', 'Their outage')
      await page.click('dialog button[type="submit"]')
      await page.waitForSelector('[aria-label="Use: simulated"]')
      await sees(page, 'Their outage')
      await press(page, 'Use: simulated')
      await fill(page, 'reason', 'It is over')
      await page.click('dialog button[type="submit"]')
      await page.waitForSelector('[aria-label="Rest: simulated"]')
      expect(otto.faults).toEqual([])
    },
    60_000,
  )
})
