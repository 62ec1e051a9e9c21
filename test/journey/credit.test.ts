/**
 * Credit in a real browser on the executable: bought through the simulated Stripe and the simulated ECPay, spent by a call,
 * printed, asked back and approved [T3.1, T3.6, T3.7].
 */
import { afterAll, beforeAll, describe, expect } from 'bun:test'
import OpenAI from 'openai'
import { startPayments } from '../../src/demo/payments/beside.ts'
import { fill, journey, press, sees } from '../helpers/browser.ts'
import { enroll, type Journey, type Person, startPlatform } from './platform.ts'

const payments = startPayments()
afterAll(() => payments.stop())

let platform: Journey
let ann: Person
let otto: Person

beforeAll(async () => {
  const settings = Object.entries(payments.settings)
  platform = await startPlatform(
    Object.fromEntries(settings.map(([name, value]) => [`KKAI_${name.toUpperCase()}`, value])),
  )
  payments.callBackTo(platform.url)
}, 60_000)

const open = ({ page }: Person, path: string) =>
  page.goto(platform.url + path, { waitUntil: 'networkidle0' })
const billing = (person: Person) => open(person, `/accounts/${person.account}/billing`)

/** Its text, as a reader sees it. */
const textOf = ({ page }: Person, selector: string) =>
  page.$eval(selector, (element) => element.textContent)

describe('Ann', () => {
  journey(
    'sees all that she will pay before she leaves, pays by Stripe, and has credit without a reload',
    async () => {
      ann = await enroll(platform, 'ann@example.com')
      const { page } = ann
      await billing(ann)
      await page.click('[name="preset"][value="25"]')
      await press(page, 'Pay US$25.00')
      await page.waitForSelector('form button[value="pay"]', { timeout: 10_000 })
      expect(new URL(page.url()).origin).toBe(payments.settings.stripe_url as string)
      await page.click('button[value="pay"]')
      await page.waitForFunction(() => location.pathname.includes('/top-ups/'))
      await sees(page, 'US$25.00 was added to your balance.', 10_000)
    },
    60_000,
  )

  journey(
    'comes back from the checkout by the back button: nothing is lost, and nothing doubled',
    async () => {
      const { page } = ann
      await billing(ann)
      await page.click('[name="preset"][value="10"]')
      await press(page, 'Pay US$10.00')
      await page.waitForSelector('form button[value="pay"]', { timeout: 10_000 })
      // Not `goBack`: it waits for a load that a page from the browser's memory has not.
      await page.evaluate(() => history.back())
      await sees(page, 'Not paid yet')
      await page.click('a[href*="/top-ups/"]')
      await press(page, 'Go on to the payment')
      await page.waitForSelector('form button[value="cancel"]', { timeout: 10_000 })
      await page.click('button[value="cancel"]')
      await sees(page, 'As soon as the payment service confirms')
      await billing(ann)
      expect(await textOf(ann, '.cards .big')).toBe('US$25.00')
    },
    60_000,
  )

  journey(
    'spends some of it by a call, which stands on the statement',
    async () => {
      const { page } = ann
      const base = `/accounts/${ann.account}`
      await open(ann, `${base}/keys?new=1`)
      await fill(page, 'name', 'first')
      await page.click('dialog form button[type="submit"]')
      await sees(page, 'Copy it now')
      const apiKey = await page.$eval('dialog pre code', (element) => element.textContent ?? '')
      await press(page, 'I have saved the key')
      await page.waitForFunction(() => document.querySelector('dialog') === null)
      const client = new OpenAI({ apiKey, baseURL: `${platform.url}/api/v1` })
      await client.chat.completions.create({
        model: 'sim-fast',
        messages: [{ role: 'user', content: 'Hello' }],
      })
      await billing(ann)
      await sees(page, 'Calls')
      await sees(page, 'Top-up')
    },
    60_000,
  )

  journey(
    'prints the receipt: the page is the receipt and nothing else',
    async () => {
      const { page } = ann
      await page.click('a[href*="/receipts/"]')
      await sees(page, 'Receipt')
      await page.emulateMediaType('print')
      const seen = await page.$$eval('header, footer, aside, nav', (all) =>
        all.filter((one) => (one as HTMLElement).offsetParent !== null).map((one) => one.tagName),
      )
      expect(seen).toEqual([])
      expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(1000)
      await page.emulateMediaType('screen')
    },
    60_000,
  )

  journey(
    'asks for what is unspent of it back: it is set aside at once',
    async () => {
      const { page } = ann
      await billing(ann)
      const order = await page.$$eval(
        'a[href*="/top-ups/"]',
        (all) => all.at(-1)?.getAttribute('href') ?? '',
      )
      await open(ann, order)
      await press(page, 'Ask for a refund')
      await fill(page, 'reason', 'I bought too much')
      await page.click('dialog form button[type="submit"]')
      await sees(page, 'Waiting for our decision')
      await billing(ann)
      await sees(page, 'set aside for refunds')
    },
    60_000,
  )

  journey(
    'has it once an operator approved: the balance, the statement and the credit note say so',
    async () => {
      otto = await enroll(platform, 'otto@example.com')
      await platform.run('admin', 'create', '--email', otto.email)
      await open(otto, '/admin/refunds')
      await sees(otto.page, 'I bought too much')
      await press(otto.page, 'Approve: ann')
      await otto.page.click('dialog form button[type="submit"]')
      await otto.page.waitForFunction(() => document.querySelector('dialog') === null)
      await billing(ann)
      expect(await textOf(ann, '.cards .big')).toBe('US$0.00')
      await sees(ann.page, 'Refund')
    },
    60_000,
  )
})

describe('in Taiwan', () => {
  journey(
    'Mei pays in TWD by ECPay, in her language',
    async () => {
      const mei = await enroll(platform, 'mei@example.com')
      const { page } = mei
      await page.evaluate(() => localStorage.setItem('language', 'zh-TW'))
      await billing(mei)
      await page.click('[name="preset"][value="25"]')
      await page.click('[name="way"][value="ecpay card"]')
      await sees(page, '付款 TWD')
      await page.click('form button[type="submit"]')
      await page.waitForSelector('form button[value="pay"]', { timeout: 10_000 })
      await page.click('button[value="pay"]')
      await page.waitForSelector('form', { hidden: true })
      await page.click('a')
      await sees(page, '已入帳', 10_000)
    },
    60_000,
  )
})
