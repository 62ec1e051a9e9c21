/** Ann agrees to recharge in a real browser, saves her card at the simulated Stripe, is charged once, and switches it off [T3.5]. */
import { afterAll, beforeAll, describe, expect } from 'bun:test'
import { startStripe } from '../../src/demo/payments/stripe.ts'
import { fill, journey, press, sees } from '../helpers/browser.ts'
import { enroll, type Journey, type Person, startPlatform } from './platform.ts'

const secrets = { secretKey: 'sk_live_journey', webhookSecret: 'whsec_journey' }
const stripe = startStripe({
  ...{ hostname: '127.0.0.1', port: 0, retryMs: [], ...secrets },
  webhookUrl: () => `${platform.url}/api/payments/stripe`,
})
afterAll(() => stripe.stop())

let platform: Journey
let ann: Person
beforeAll(async () => {
  platform = await startPlatform({
    KKAI_STRIPE_SECRET_KEY: secrets.secretKey,
    KKAI_STRIPE_WEBHOOK_SECRET: secrets.webhookSecret,
    KKAI_STRIPE_URL: stripe.url,
  })
  ann = await enroll(platform, 'ann@example.com')
}, 60_000)

const charges = () => stripe.journal.filter(({ path }) => path === 'payment_intents')
const section = 'section[aria-labelledby="recharge"]'
const openBilling = () =>
  ann.page.goto(`${platform.url}/accounts/${ann.account}/billing`, { waitUntil: 'networkidle2' })

describe('Ann', () => {
  journey(
    'finds it off, agrees with a cap that is too low, and is told at the field',
    async () => {
      const { page } = ann
      await openBilling()
      await page.click(`${section} summary`)
      await fill(page, 'monthly_cap', '10')
      await page.click(`${section} [name="agree"]`)
      await press(page, 'Agree, and save a card at Stripe')
      await sees(page, 'A month’s cap is at least what is charged at once.')
      const focused = await page.evaluate(() => document.activeElement?.getAttribute('name'))
      expect(focused).toBe('monthly_cap')
      expect(stripe.journal.filter(({ method }) => method === 'POST')).toEqual([])
    },
    30_000,
  )

  journey(
    'saves her card at Stripe, comes back, and is charged once since she has nothing',
    async () => {
      const { page } = ann
      await fill(page, 'monthly_cap', '60')
      await press(page, 'Agree, and save a card at Stripe')
      await page.waitForSelector('button[value="pay"]', { timeout: 10_000 })
      await page.click('button[value="pay"]')
      await sees(page, 'Visa •••• 4242', 15_000)
      await page.waitForFunction(
        async (account: string) => {
          const answer = await fetch(`/api/accounts/${account}/recharge`)
          return (await answer.json()).charged === '25.00'
        },
        { timeout: 15_000, polling: 500 },
        ann.account,
      )
      await openBilling()
      await sees(page, 'US$25.00 of at most US$60.00')
      expect(charges()).toHaveLength(1)
    },
    60_000,
  )

  journey(
    'switches it off by one click',
    async () => {
      const { page } = ann
      await press(page, 'Switch off')
      await page.waitForSelector(`xpath///section[@aria-labelledby="recharge"]//*[.="Off"]`)
      await openBilling()
      await sees(page, 'Agree, and save a card at Stripe')
      expect(ann.faults.filter((fault) => !fault.includes(stripe.url))).toEqual([])
    },
    30_000,
  )
})
