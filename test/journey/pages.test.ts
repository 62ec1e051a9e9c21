/**
 * Every page of the table in `web/routes.ts`, in both languages, themes and widths, in a real browser on the executable's demo:
 * axe finds nothing, nothing is wider than the screen, nothing is asked of another origin, and each is pictured in
 * `dist/screens` to be looked at.
 */
import { beforeAll, expect, test } from 'bun:test'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pages } from '../../web/routes.ts'
import { journey, type Visit, visit } from '../helpers/browser.ts'
import { startKkai } from '../helpers/kkai.ts'

const axe = readFileSync(join(import.meta.dir, '../../node_modules/axe-core/axe.min.js'), 'utf8')
const screens = join(import.meta.dir, '../../dist/screens')

interface Demo {
  url: string
  key: string
  account: string
  admin: { email: string; password: string }
}

let demo: Demo
/** What the demo's account bought. */
let order = ''
let visitor: Visit
let stranger: Visit

/** What the `:parts` of a path may be. */
const parts = (path: string) =>
  path
    .replace(':account', demo.account)
    .replace(':kind/:version', 'terms/2026-03-10')
    .replace(':kind', 'terms')
    .replace('/docs/:page', '/docs/quickstart')
    .replace('/models/*', '/models/anthropic/sim-chat')
    .replace('/top-ups/:id', `/top-ups/${order}`)
    .replace('/receipts/:number', '/receipts/1')

const looks = [360, 1280].flatMap((width) =>
  (['light', 'dark'] as const).flatMap((theme) =>
    (['en', 'zh-TW'] as const).map((language) => ({ width, theme, language })),
  ),
)

beforeAll(async () => {
  mkdirSync(screens, { recursive: true })
  const { facts } = await startKkai<Demo>(['demo', '--listen', '127.0.0.1:0'])
  demo = facts
})
async function enter(): Promise<Visit> {
  const entered = await visit(demo.url)
  await entered.page.goto(demo.url)
  const status = await entered.page.evaluate(
    async (login: string) =>
      (
        await fetch('/api/login', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: login,
        })
      ).status,
    JSON.stringify(demo.admin),
  )
  expect(status).toBe(200)
  order = await entered.page.evaluate(
    async (path: string) => (await (await fetch(path)).json()).data[0].id,
    `/api/accounts/${demo.account}/top-ups`,
  )
  return entered
}

for (const { path, who } of pages) {
  journey(
    `${path} is for everyone to read, and keeps to itself`,
    async () => {
      if (who === 'public') stranger ??= await visit(demo.url)
      else visitor ??= await enter()
      const { page, faults } = who === 'public' ? stranger : visitor
      faults.length = 0
      await page.goto(demo.url + parts(path), { waitUntil: 'networkidle0' })
      const found: string[] = []
      for (const { width, theme, language } of looks) {
        await page.setViewport({ width, height: 900 })
        await choose(page, 'theme', theme)
        await choose(page, 'language', language)
        await page.evaluate(() => new Promise((done) => setTimeout(done, 80)))
        const name = `${path.replace(/\W+/g, '_')}-${width}-${theme}-${language}`
        await page.screenshot({
          path: join(screens, `${name}.png`) as `${string}.png`,
          fullPage: true,
        })
        const look = `${width} ${theme} ${language}`
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        )
        if (wide > 0) found.push(`${look}: ${wide} px too wide`)
        found.push(...(await runAxe(page)).map((violation) => `${look}: ${violation}`))
      }
      expect([...found, ...faults]).toEqual([])
    },
    60_000,
  )
}

/** By the selects at the page's foot, as a reader does. */
async function choose(page: Visit['page'], name: 'theme' | 'language', value: string) {
  await page.select(`footer select[name="${name}"]`, value)
}

async function runAxe(page: Visit['page']): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async (tags: string[]) => {
    const run = Reflect.get(globalThis, 'axe').run as (
      where: Document,
      options: object,
    ) => Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }>
    const { violations } = await run(document, { runOnly: tags })
    return violations.map(
      ({ id, nodes }) => `${id} at ${nodes.map(({ target }) => target.join(' ')).slice(0, 3)}`,
    )
  }, rules)
}

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

test('the first load is at most 45 KB of JavaScript and 5 KB of CSS, as served', async () => {
  const html = await (await fetch(demo.url)).text()
  const size = async (pattern: RegExp) => {
    let sum = 0
    for (const path of await reachable(html, pattern)) {
      const reply = await fetch(demo.url + path, {
        headers: { 'accept-encoding': 'br' },
        decompress: false,
      } as RequestInit)
      sum += (await reply.arrayBuffer()).byteLength
    }
    return sum
  }
  expect(await size(/\.js$/)).toBeLessThanOrEqual(45 * 1024)
  expect(await size(/\.css$/)).toBeLessThanOrEqual(5 * 1024)
})

/** What the page loads before anything is clicked: its own files and their static imports. */
async function reachable(html: string, pattern: RegExp): Promise<Set<string>> {
  const found = new Set(
    [...html.matchAll(/(?:src|href)="([^"]+)"/g)]
      .map(([, path]) => path as string)
      .filter((path) => pattern.test(path)),
  )
  for (const path of found) {
    const code = await (await fetch(demo.url + path)).text()
    for (const [, file] of code.matchAll(/(?:from|import)"([^"]+\.js)"/g)) {
      found.add(new URL(file as string, demo.url + path).pathname)
    }
  }
  return found
}
