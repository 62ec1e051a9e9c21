/** Without a mouse: a key is made, taken along and the session ended by Tab, Enter, Space and typing alone. */
import { beforeAll, expect } from 'bun:test'
import type { Page } from 'puppeteer-core'
import { journey, sees, type Visit, visit } from '../helpers/browser.ts'
import { type Journey, password, startPlatform } from './platform.ts'

let platform: Journey
let person: Visit
beforeAll(async () => {
  platform = await startPlatform()
}, 60_000)

/** Tabs on until what has the focus is called that. */
async function tabTo(page: Page, name: string | RegExp): Promise<void> {
  for (let presses = 0; presses < 80; presses++) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement | null
      const label = element?.labels?.[0]?.textContent ?? element?.getAttribute('aria-label')
      return label ?? element?.textContent?.trim() ?? ''
    })
    if (typeof name === 'string' ? focused.startsWith(name) : name.test(focused)) return
  }
  throw new Error(`Tab never came to ${name}.`)
}

async function type(page: Page, name: string, text: string): Promise<void> {
  await tabTo(page, name)
  await page.keyboard.type(text)
}

journey(
  'she registers',
  async () => {
    person = await visit(platform.url)
    const { page } = person
    await page.goto(`${platform.url}/register`, { waitUntil: 'networkidle0' })
    await type(page, 'Your name', 'Kay')
    await type(page, 'E-mail address', 'kay@example.com')
    await type(page, 'Password', password)
    for (const box of ['I am at least 18', 'I have read and accept']) {
      await tabTo(page, box)
      await page.keyboard.press('Space')
    }
    await tabTo(page, 'Register')
    await page.keyboard.press('Enter')
    await sees(page, 'Look into your mail', 15_000)
    const [link] = await platform.mailbox.find('kay@example.com', /\S+\/verify\?token=\w+/)
    await page.goto(link, { waitUntil: 'networkidle0' })
    await sees(page, 'Your address is confirmed.')
  },
  60_000,
)

journey(
  'she logs in, makes a key and keeps it',
  async () => {
    const { page } = person
    await page.goto(`${platform.url}/login`, { waitUntil: 'networkidle0' })
    await type(page, 'E-mail address', 'kay@example.com')
    await type(page, 'Password', password)
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => location.pathname.startsWith('/accounts/'))
    await tabTo(page, 'Keys')
    await page.keyboard.press('Enter')
    await sees(page, 'No keys yet')
    await tabTo(page, 'Create a key')
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog[open]')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog', { hidden: true })
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Create a key')
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog[open] [name="name"]')
    await page.focus('dialog[open] [name="name"]')
    await page.keyboard.type('by hand')
    await page.keyboard.press('Enter')
    await sees(page, 'Copy it now')
    await tabTo(page, 'I have saved the key')
    await page.keyboard.press('Enter')
    await page.waitForSelector('dialog', { hidden: true })
    await sees(page, 'by hand')
  },
  60_000,
)

journey(
  'she logs out',
  async () => {
    const { page, faults } = person
    await tabTo(page, 'Log out')
    await page.keyboard.press('Enter')
    await sees(page, 'Log in')
    expect(new URL(page.url()).pathname).toBe('/')
    expect(faults).toEqual([])
  },
  30_000,
)
