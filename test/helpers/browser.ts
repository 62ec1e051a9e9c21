/**
 * A real browser for the journeys: Debian's Chromium, or the one that `KKAI_CHROMIUM` names. Where there is none, the journeys
 * are skipped with one line. A page that logs an error, breaks its content security policy, or asks another origin fails.
 */
import { afterAll, test } from 'bun:test'
import { existsSync } from 'node:fs'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'

const candidates = [process.env.KKAI_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser']
const executablePath = candidates.find((path) => path && existsSync(path))

if (!executablePath) {
  process.stderr.write(
    'There is no Chromium here (apt-get install chromium): journeys are skipped.\n',
  )
}

/** A test in a browser; skipped where there is none. */
export const journey = executablePath ? test : test.skip

let browser: Promise<Browser> | null = null
afterAll(async () => {
  await (await browser)?.close()
})

export interface Look {
  width?: number
  theme?: 'light' | 'dark'
  language?: 'en' | 'zh-TW'
}

export interface Visit {
  page: Page
  /** What the page did wrong so far: errors, refused content, foreign requests. */
  faults: string[]
  /** Another person: nothing is shared with other visits. */
  close(): Promise<void>
}

/** A new person at a new browser, with nothing kept. */
export async function visit(origin: string, look: Look = {}): Promise<Visit> {
  browser ??= puppeteer.launch({
    executablePath: executablePath as string,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage'],
      '--disable-background-networking',
      ...['--disable-component-update', '--disable-sync', '--no-first-run'],
    ],
  })
  const context = await (await browser).createBrowserContext()
  const page = await context.newPage()
  const { width = 1280, theme = 'light', language = 'en' } = look
  await page.setViewport({ width, height: 900 })
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }])
  await page.evaluateOnNewDocument((kept: string) => {
    if (localStorage.getItem('language') === null) localStorage.setItem('language', kept)
  }, language)
  const faults = watch(page, origin)
  return { page, faults, close: () => context.close() }
}

function watch(page: Page, origin: string): string[] {
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(`error: ${String(error)}`))
  page.on('console', (message) => {
    // A refusal that the page handles is logged by the browser all the same.
    const handled = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !handled) faults.push(`console: ${message.text()}`)
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(origin) && !/^(data|blob|about):/.test(url)) faults.push(`foreign: ${url}`)
  })
  return faults
}

/** Clicks the button or link of that name, as a person finds it. */
export async function press(page: Page, name: string): Promise<void> {
  const element = await page.waitForSelector(
    `xpath///*[self::button or self::a or self::summary][normalize-space()=${quote(name)} or @aria-label=${quote(name)}]`,
    { visible: true, timeout: 5_000 },
  )
  await element?.click()
}

/** Types into the field of that name, replacing what is there. */
export async function fill(page: Page, name: string, value: string): Promise<void> {
  const field = await page.waitForSelector(`[name="${name}"]`, { visible: true, timeout: 5_000 })
  await field?.click({ count: 3 })
  await field?.type(value)
}

export async function sees(page: Page, text: string, timeout = 5_000): Promise<void> {
  await page.waitForSelector(`xpath///body[contains(., ${quote(text)})]`, { timeout })
}

function quote(text: string): string {
  return text.includes('"') ? `'${text}'` : `"${text}"`
}
