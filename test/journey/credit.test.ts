/**
 * Credit in a real browser on the executable, once by the simulated Stripe and once by the simulated ECPay in Taiwan: bought,
 * spent by a call, printed, asked back and approved [T3.1, T3.6, T3.7].
 */
import { afterAll, beforeAll, describe, expect } from 'bun:test'
import OpenAI from 'openai'
import { startPayments } from '../../src/demo/payments/beside.ts'
import { fill, journey, press, sees } from '../helpers/browser.ts'
import { enroll, type Journey, type Person, startPlatform } from './platform.ts'

const payments = startPayments()
afterAll(() => payments.stop())

let platform: Journey
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

const balanceOf = ({ page }: Person) =>
  page.$eval('.cards .big', (element) => element.textContent?.replace(/\s/g, ' '))

/** The pages of her orders, the newest first; one may be linked more than once. */
const ordersOf = async ({ page }: Person) => {
  const all = await page.$$eval('a[href*="/top-ups/"]', (links) =>
    links.map((one) => one.getAttribute('href') ?? ''),
  )
  return [...new Set(all.filter((href) => /\/top-ups\/top_\w+$/.test(href)))]
}

/** Chooses US$25 and that way to pay, and goes to the processor's page. */
async function leaveToPay({ page }: Person, way: string, total: string): Promise<void> {
  await page.click('[name="preset"][value="25"]')
  await page.click(`[name="way"][value="${way}"]`)
  await sees(page, total)
  await page.click('form button[type="submit"]')
  await page.waitForSelector('form button[value="pay"]', { timeout: 10_000 })
}

const buyers = [
  {
    ...{ name: 'Ann', by: 'Stripe', language: 'en', way: 'stripe card', total: 'Pay US$25.00' },
    at: payments.settings.stripe_url,
    ...{ credited: 'US$25.00 was added', full: 'US$25.00', empty: 'US$0.00', call: 'Call' },
    ...{ receipt: 'Receipt', ask: 'Ask for a refund' },
    ...{ waits: 'Waiting for our decision', aside: 'set aside', back: 'Refund' },
  },
  {
    ...{ name: 'Mei', by: 'ECPay', language: 'zh-TW', way: 'ecpay card', total: '付款 TWD' },
    at: payments.settings.ecpay_url,
    ...{ credited: '已入帳', full: 'USD 25.00', empty: 'USD 0.00', call: '請求' },
    ...{ receipt: '收據', ask: '申請退款' },
    ...{ waits: '審核中', aside: '退款保留', back: '退款' },
  },
]

for (const buyer of buyers) {
  describe(`${buyer.name}, by ${buyer.by}`, () => {
    let her: Person

    journey(
      'sees all that she will pay before she leaves, pays, and has credit without a reload',
      async () => {
        her = await enroll(platform, `${buyer.name.toLowerCase()}@example.com`)
        const { page } = her
        await page.evaluate((kept) => localStorage.setItem('language', kept), buyer.language)
        await billing(her)
        await leaveToPay(her, buyer.way, buyer.total)
        expect(new URL(page.url()).origin).toBe(buyer.at as string)
        await page.click('button[value="pay"]')
        // ECPay shows that it is paid, and a way back.
        if (buyer.by === 'ECPay') {
          await page.waitForSelector('form', { hidden: true })
          await page.click('a')
        }
        await sees(page, buyer.credited, 10_000)
      },
      60_000,
    )

    journey(
      'comes back from a checkout by the back button: nothing is lost, and nothing doubled',
      async () => {
        const { page } = her
        await billing(her)
        await leaveToPay(her, buyer.way, buyer.total)
        // Not `goBack`: it waits for a load that a page from the browser's memory has not.
        await page.evaluate(() => history.back())
        await page.waitForFunction((origin) => location.origin === origin, {}, platform.url)
        await billing(her)
        expect(await ordersOf(her)).toHaveLength(2)
        expect(await balanceOf(her)).toBe(buyer.full)
      },
      60_000,
    )

    journey(
      'spends some of it by a call, which stands on the statement',
      async () => {
        const { page } = her
        await open(her, `/accounts/${her.account}/keys?new=1`)
        await fill(page, 'name', 'first')
        await page.click('dialog form button[type="submit"]')
        const secret = await page.waitForSelector('dialog pre code', { timeout: 5_000 })
        const apiKey = await secret?.evaluate((element) => element.textContent ?? '')
        await page.$$eval('dialog button.primary', (all) => (all.at(-1) as HTMLElement).click())
        await page.waitForFunction(() => document.querySelector('dialog') === null)
        const client = new OpenAI({ apiKey: apiKey ?? '', baseURL: `${platform.url}/api/v1` })
        await client.chat.completions.create({
          model: 'sim-fast',
          messages: [{ role: 'user', content: 'Hello' }],
        })
        await billing(her)
        await sees(page, buyer.call)
      },
      60_000,
    )

    journey(
      'prints the receipt: the page is the receipt and nothing else',
      async () => {
        const { page } = her
        await page.click('a[href*="/receipts/"]')
        await page.waitForSelector('article.paper', { timeout: 10_000 })
        await sees(page, buyer.receipt)
        await page.emulateMediaType('print')
        const beside = await page.$$eval('header, footer, aside, nav', (all) =>
          all.filter((one) => (one as HTMLElement).offsetParent !== null).map((one) => one.tagName),
        )
        expect(beside).toEqual([])
        expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(1000)
        await page.emulateMediaType('screen')
      },
      60_000,
    )

    journey(
      'asks for what is unspent of it back: it is set aside at once',
      async () => {
        const { page } = her
        await billing(her)
        // The newest stands first: the one that was not paid.
        const orders = await ordersOf(her)
        await open(her, orders.at(-1) ?? '')
        await press(page, buyer.ask)
        await fill(page, 'reason', `${buyer.name} bought too much`)
        await page.click('dialog form button[type="submit"]')
        await sees(page, buyer.waits)
        await billing(her)
        await sees(page, buyer.aside)
      },
      60_000,
    )

    journey(
      'has it once an operator approved',
      async () => {
        otto ??= await enroll(platform, 'otto@example.com')
        await platform.run('admin', 'create', '--email', otto.email)
        await open(otto, '/admin/refunds')
        await sees(otto.page, `${buyer.name} bought too much`)
        await press(otto.page, `Approve: ${buyer.name.toLowerCase()}`)
        await otto.page.click('dialog form button[type="submit"]')
        await otto.page.waitForFunction(() => document.querySelector('dialog') === null)
        await billing(her)
        expect(await balanceOf(her)).toBe(buyer.empty)
        await sees(her.page, buyer.back)
      },
      60_000,
    )
  })
}
