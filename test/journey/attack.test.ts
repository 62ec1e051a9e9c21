/**
 * Hostile names, hostile answers, bad input and lost connections, in a real browser on the executable. What is stored stays
 * text wherever it is shown; what was typed is never lost.
 */
import { afterAll, beforeAll, expect } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'puppeteer-core'
import { fill, journey, press } from '../helpers/browser.ts'
import { enroll, type Journey, type Person, password, startPlatform } from './platform.ts'

const evil = `<img src=x onerror=alert(1)>"'><script>alert(1)</script>`
/** As a URL's query keeps it. */
const evilUrl = new URL(`https://example.com/?${evil}`).href

let platform: Journey
let ann: Person
let page: Page
const dialogs: string[] = []

/** Answers every prompt with what is evil, as a stream. */
const provider = Bun.serve({
  ...{ hostname: '127.0.0.1', port: 0 },
  fetch: () => {
    const chunk = (more: object) =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'evil', choices: [], ...more })}\n\n`
    const choice = { index: 0, delta: { role: 'assistant', content: evil }, finish_reason: null }
    const usage = { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 }
    const end = { index: 0, delta: {}, finish_reason: 'stop' }
    const frames = [chunk({ choices: [choice] }), chunk({ choices: [end] }), chunk({ usage })]
    return new Response(`${frames.join('')}data: [DONE]\n\n`, {
      headers: { 'content-type': 'text/event-stream' },
    })
  },
})
afterAll(() => provider.stop(true))

beforeAll(async () => {
  platform = await startPlatform()
  const file = join(platform.data, 'evil.json')
  writeFileSync(
    file,
    JSON.stringify({
      channels: [
        {
          ...{ id: 'evil', provider: 'simulated', base_url: `${provider.url}v1`, credential: 'sk' },
          allow_private: true,
        },
      ],
      models: [
        {
          ...{ id: 'evil', kind: 'chat', context_length: 1000, max_output: 100 },
          ...{ channels: [{ channel: 'evil', model: 'evil' }], price: { input: '1', output: '1' } },
        },
      ],
    }),
  )
  await platform.run('catalog', 'apply', file)
}, 60_000)

const open = (path: string) =>
  page.goto(platform.url + path, { waitUntil: 'networkidle0', timeout: 15_000 })
const inAccount = (rest: string) => open(`/accounts/${ann.account}/${rest}`)

/** From within her page, with her cookie; answers the status and what came. */
const send = (method: string, path: string, body: object) =>
  page.evaluate(
    async (path, init) => {
      const reply = await fetch(path, init)
      return [reply.status, await reply.json()] as const
    },
    path,
    { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  )

/** In the page itself, not in the menu that names her accounts; as text or in a field. */
const sees = (text: string) =>
  page.waitForFunction(
    (text) => {
      const main = document.querySelector('main') ?? document.body
      const fields = [...main.querySelectorAll('input')]
      return main.textContent?.includes(text) || fields.some(({ value }) => value === text)
    },
    { timeout: 5_000 },
    text,
  )

async function expectHarmless() {
  expect(await page.$$eval('img[src="x"], body script', (found) => found.length)).toBe(0)
  expect([...dialogs, ...ann.faults]).toEqual([])
}

journey(
  'Ann names whatever can be named as an attacker would',
  async () => {
    ann = await enroll(platform, 'ann@example.com')
    page = ann.page
    page.on('dialog', async (dialog) => {
      // A key's secret asks before it is left.
      if (dialog.type() !== 'beforeunload') dialogs.push(dialog.message())
      await dialog.accept()
    })
    await platform.run('credit', 'grant', ann.account, '5', '--reason', evil)
    const base = `/api/accounts/${ann.account}`
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString()
    const [made, key] = await send('POST', `${base}/keys`, { name: evil, expires_at: tomorrow })
    const statuses = [
      await send('PATCH', '/api/me', { name: evil }),
      await send('PATCH', base, { name: evil, body_days: 7 }),
      await send('POST', '/api/accounts', { kind: 'person', name: evil, authority: true }),
      await send('POST', `${base}/webhooks`, { url: evilUrl }),
    ].map(([status]) => status)
    expect([made, ...statuses]).toEqual([200, 200, 200, 200, 200])
    const call = await fetch(`${platform.url}/api/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key.secret}`, 'x-title': evil },
      body: JSON.stringify({
        ...{ model: 'evil', stream: true },
        messages: [{ role: 'user', content: evil }],
      }),
    })
    expect(await call.text()).toContain('[DONE]')
  },
  60_000,
)

const shownOn = [
  ['keys', evil],
  ['members', evil],
  ['overview', evil],
  ['billing', evil],
  ['usage?by=key', evil],
  ['requests', evil],
  ['settings', evil],
  ['settings', evilUrl],
] as const
for (const [rest, text] of shownOn) {
  journey(
    `on ${rest} that is text: ${text}`,
    async () => {
      await inAccount(rest)
      await sees(text)
      await expectHarmless()
    },
    20_000,
  )
}

journey(
  'so it is in the drawer as key, caller, question and answer, and the back button closes it',
  async () => {
    await inAccount('requests')
    await page.click('table tbody tr button, table tbody tr a')
    await page.waitForSelector('dialog[open] pre')
    const facts = await page.$$eval('dialog dd, dialog pre', (all) =>
      all.map(({ textContent }) => textContent),
    )
    expect(facts.filter((text) => text === evil)).toHaveLength(3)
    expect(facts.join()).toContain(JSON.stringify(evil))
    await expectHarmless()
    await page.goBack()
    await page.waitForFunction(() => document.querySelector('dialog') === null)
    expect(new URL(page.url()).pathname).toBe(`/accounts/${ann.account}/requests`)
  },
  20_000,
)

journey(
  'so is a model’s answer in the playground',
  async () => {
    await inAccount('playground?model=evil')
    await fill(page, 'prompt', evil)
    await page.click('form button[type="submit"]')
    await page.waitForFunction(
      (text) => document.querySelector('.answer')?.textContent === text,
      { timeout: 5_000 },
      evil,
    )
    await expectHarmless()
  },
  20_000,
)

async function keepSecret() {
  await sees('Copy it now')
  await press(page, 'I have saved the key')
  await page.waitForFunction(() => document.querySelector('dialog') === null)
}

journey(
  'two clicks on "Create" make one key',
  async () => {
    await inAccount('keys?new=1')
    await fill(page, 'name', 'once')
    await page.click('dialog form button[type="submit"]', { count: 2 })
    await keepSecret()
    await inAccount('keys')
    const names = await page.$$eval('tbody th', (all) => all.map(({ textContent }) => textContent))
    expect(names.filter((name) => name?.startsWith('once'))).toHaveLength(1)
  },
  20_000,
)

journey(
  'what is wrong is told beside its field, and what was typed stays; so it does when the connection is lost',
  async () => {
    await inAccount('keys?new=1')
    await fill(page, 'name', 'kept')
    await fill(page, 'limit', 'much')
    const create = () => page.click('dialog form button[type="submit"]')
    const typed = () =>
      page.$$eval('input[name="name"], input[name="limit"]', (all) => all.map(({ value }) => value))
    await create()
    await page.waitForSelector('[name="limit"][aria-invalid="true"]:focus', { timeout: 5_000 })
    expect(await typed()).toEqual(['kept', 'much'])
    await fill(page, 'limit', '5')
    await page.setOfflineMode(true)
    await create()
    await sees('The server was not reached.')
    expect(await typed()).toEqual(['kept', '5'])
    await page.setOfflineMode(false)
    await create()
    await keepSecret()
  },
  20_000,
)

journey(
  'two tabs that change the same key keep what the other saved, and what one revoked the other is told of',
  async () => {
    const names = async (tab: Page) =>
      (await tab.$$eval('tbody th', (all) => all.map(({ textContent }) => textContent))).join()
    const inBoth = async (act: (tab: Page) => Promise<unknown>) => {
      for (const tab of [page, other]) await act(tab)
    }
    await inAccount('keys?new=1')
    await fill(page, 'name', 'shared')
    await page.click('dialog form button[type="submit"]')
    await keepSecret()
    const other = await page.browserContext().newPage()
    const send = async (tab: Page) => {
      await tab.bringToFront()
      await tab.click('dialog form button[type="submit"]')
      await tab.waitForFunction(() => document.querySelector('dialog') === null)
    }
    await inBoth(async (tab) => {
      await tab.bringToFront()
      await tab.goto(`${platform.url}/accounts/${ann.account}/keys`, { waitUntil: 'networkidle0' })
      await press(tab, 'Edit: shared')
    })
    await fill(other, 'limit', '7')
    await send(other)
    await page.bringToFront()
    await fill(page, 'name', 'renamed')
    await send(page)
    await inBoth((tab) => tab.reload({ waitUntil: 'networkidle0' }))
    expect(await names(page)).toContain('renamed')
    await sees('of US$7.00')
    await inBoth(async (tab) => {
      await tab.bringToFront()
      await press(tab, 'Revoke: renamed')
      await fill(tab, 'typed', 'renamed')
    })
    await send(other)
    await page.bringToFront()
    await page.click('dialog form button[type="submit"]')
    await page.waitForSelector('dialog [role="alert"], tbody .badge:not(.good)', { timeout: 5_000 })
    await other.bringToFront()
    await other.close()
    await expectHarmless()
  },
  30_000,
)

journey(
  'who logs out in one tab is asked to log in by the other, and returns to what she looked at',
  async () => {
    await inAccount('keys')
    const other = await page.browserContext().newPage()
    await other.goto(platform.url, { waitUntil: 'networkidle0' })
    await press(other, 'Log out')
    await other.waitForSelector('a[href="/login"]')
    await other.close()
    await page.bringToFront()
    await press(page, 'Overview')
    await page.waitForFunction(() => location.pathname === '/login', { timeout: 5_000 })
    expect(new URL(page.url()).searchParams.get('next')).toBe(`/accounts/${ann.account}/overview`)
    await fill(page, 'email', ann.email)
    await fill(page, 'password', password)
    await page.click('form button[type="submit"]')
    await page.waitForFunction(() => location.pathname.endsWith('/overview'), { timeout: 10_000 })
  },
  30_000,
)

journey(
  'an expired session leads to the log-in, and from there back to what she looked at',
  async () => {
    await inAccount('requests?status=ok')
    await page.browserContext().deleteMatchingCookies({ name: 'kkai', url: platform.url })
    await page.select('[name="status"]', 'failed')
    await page.click('form button[type="submit"]')
    await page.waitForFunction(() => location.pathname === '/login', { timeout: 5_000 })
    const path = `/accounts/${ann.account}/requests?status=failed`
    expect(page.url()).toBe(`${platform.url}/login?next=${encodeURIComponent(path)}`)
    await fill(page, 'email', ann.email)
    await fill(page, 'password', password)
    await page.click('form button[type="submit"]')
    await page.waitForFunction((path) => location.href.endsWith(path), { timeout: 10_000 }, path)
  },
  30_000,
)

journey(
  'a form that is sent after the session ended keeps what was typed: she logs in beside it and sends it again',
  async () => {
    await inAccount('keys?new=1')
    await fill(page, 'name', 'patient')
    await page.browserContext().deleteMatchingCookies({ name: 'kkai', url: platform.url })
    const create = () => page.click('dialog form button[type="submit"]')
    await create()
    const link = await page.waitForSelector('dialog [role="alert"] a', { timeout: 5_000 })
    const beside = page.browserContext().waitForTarget((target) => target.url().endsWith('/login'))
    await link?.click()
    const tab = (await (await beside).page()) as Page
    await fill(tab, 'email', ann.email)
    await fill(tab, 'password', password)
    await tab.click('form button[type="submit"]')
    await tab.waitForFunction(() => location.pathname.startsWith('/accounts/'), { timeout: 10_000 })
    await tab.close()
    await page.bringToFront()
    await create()
    await keepSecret()
  },
  30_000,
)

const elsewhere = ['//evil.example', '/\\evil.example', '/\t/evil.example', 'javascript:alert(1)']
for (const next of elsewhere) {
  journey(
    `neither the log-in nor what she accepts leads on to ${JSON.stringify(next)}`,
    async () => {
      const query = `?next=${encodeURIComponent(next)}`
      await open(`/accept${query}`)
      const links = await page.$$eval('main a', (all) => all.map(({ origin }) => origin))
      expect(links.filter((origin) => origin !== platform.url)).toEqual([])
      expect(links).not.toEqual([])
      await open(`/login${query}`)
      await page.waitForFunction(() => location.pathname.startsWith('/accounts/'))
      await expectHarmless()
    },
    20_000,
  )
}

journey(
  'Swagger shows our document, whatever the address says',
  async () => {
    const other = encodeURIComponent('https://evil.example/openapi.json')
    await open(`/swagger?url=${other}&configUrl=${other}&urls.primaryName=${other}`)
    await page.waitForSelector('.swagger-ui .opblock', { timeout: 10_000 })
    const title = await page.$eval('.swagger-ui .title', ({ textContent }) => textContent)
    expect(title).toStartWith('KKCompany AI Platform')
    await expectHarmless()
  },
  30_000,
)
