/**
 * Otto in a real browser, with the payment settings open in two tabs: what he saved in one is not undone by the other, which
 * tells him so and keeps what he typed. What is wrong is said at its field.
 */
import { beforeAll, expect } from 'bun:test'
import type { Page } from 'puppeteer-core'
import { fill, journey, press, sees } from '../helpers/browser.ts'
import { enroll, type Journey, type Person, startPlatform } from './platform.ts'

let platform: Journey
let otto: Person
let other: Page

beforeAll(async () => {
  platform = await startPlatform()
  otto = await enroll(platform, 'otto@example.com')
  await platform.run('admin', 'create', '--email', otto.email)
  other = await otto.page.browserContext().newPage()
  for (const page of [otto.page, other]) await openSettings(page)
}, 90_000)

async function openSettings(page: Page) {
  await page.bringToFront()
  await page.goto(`${platform.url}/admin/payments`, { waitUntil: 'networkidle0' })
  await page.click('details > summary')
}
const typed = (page: Page, name: string) =>
  page.$eval(`[name="${name}"]`, (field) => (field as HTMLInputElement).value)

journey('what is wrong is said at its field, and what is typed stays', async () => {
  const { page } = otto
  await page.bringToFront()
  await fill(page, 'min', '6')
  await fill(page, 'fee_percent', 'ten')
  await press(page, 'Save')
  const wrong = await page.waitForSelector('[name="fee_percent"][aria-invalid="true"]')
  expect(wrong).not.toBeNull()
  expect([await typed(page, 'min'), await typed(page, 'fee_percent')]).toEqual(['6', 'ten'])
})

journey('the tab that is behind is told, and undoes nothing', async () => {
  const { page } = otto
  for (const percent of ['1', '2']) {
    await fill(page, 'fee_percent', percent)
    await press(page, 'Save')
    await sees(page, 'Saved.')
    await page.waitForNetworkIdle()
  }
  await other.bringToFront()
  await fill(other, 'seller_address', 'Elsewhere 1')
  await press(other, 'Save')
  await sees(other, 'This has changed meanwhile.')
  expect(await typed(other, 'seller_address')).toBe('Elsewhere 1')
  await openSettings(other)
  await other.waitForSelector('[name="min"]')
  expect([await typed(other, 'min'), await typed(other, 'fee_percent')]).toEqual(['6.00', '2'])
  expect(otto.faults).toEqual([])
})
