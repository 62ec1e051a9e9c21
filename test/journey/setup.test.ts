/** Olga sets a new platform up in her browser, by the address that its first start printed, until a call has gone through. */
import { afterAll, beforeAll, describe, expect } from 'bun:test'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fill, journey, press, sees, type Visit, visit } from '../helpers/browser.ts'
import { newData, startKkai } from '../helpers/kkai.ts'
import { password } from './platform.ts'

const screens = join(import.meta.dir, '../../dist/screens')
mkdirSync(screens, { recursive: true })

interface New {
  url: string
  setup: string
}
const startNew = async () =>
  (await startKkai<New>(['serve', '--listen', '127.0.0.1:0', '--data', newData()])).facts

/** In both widths it fits; how it looks is pictured. */
async function look({ page }: Visit, name: string) {
  for (const width of [360, 1280]) {
    await page.setViewport({ width, height: 900 })
    const path = join(screens, `setup-${name}-${width}.png`) as `${string}.png`
    await page.screenshot({ path, fullPage: true })
    const wide = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(wide).toBe(0)
  }
}

const goOn = (person: Visit) => person.page.click('form button[type="submit"]')

/** Past the first two steps: who she is, and where her platform is reached. */
async function begin(person: Visit, { setup }: New, publicUrl: string) {
  const { page } = person
  await page.goto(setup, { waitUntil: 'networkidle0' })
  await look(person, 'admin')
  await fill(page, 'name', 'Olga')
  await fill(page, 'email', 'olga@example.com')
  await fill(page, 'password', password)
  for (const box of ['adult', 'documents']) await page.click(`[name="${box}"]`)
  await goOn(person)
  await sees(page, 'Company behind it', 15_000)
  await look(person, 'brand')
  await fill(page, 'platform', 'Acme AI')
  await fill(page, 'public_url', publicUrl)
  await goOn(person)
  await page.waitForSelector('select[name="provider"]', { timeout: 5_000 })
  await look(person, 'provider')
}

async function makeCall(person: Visit) {
  const { page } = person
  await press(page, 'Make the call')
  await sees(page, 'answered:', 15_000)
  await look(person, 'test')
  expect(await page.$eval('blockquote', (element) => element.textContent)).toBeTruthy()
  const cost = await page.$eval('[role="status"]', (element) => element.textContent ?? '')
  expect(cost).toMatch(/0\.0*[1-9]/)
}

describe('Olga', () => {
  let platform: New
  let olga: Visit
  beforeAll(async () => {
    platform = await startNew()
  }, 30_000)

  journey(
    'goes from the printed address to a first call to the simulated provider, and is in',
    async () => {
      olga = await visit(platform.url)
      const { page } = olga
      await begin(olga, platform, 'https://ai.acme.example')
      await goOn(olga)
      await sees(page, 'made-up prices', 15_000)
      await look(olga, 'prices')
      await press(page, 'Publish the prices')
      await sees(page, 'A real call', 15_000)
      await makeCall(olga)
      await press(page, 'Go on')
      await sees(page, 'Your platform is ready')
      await look(olga, 'ready')
      await press(page, 'To the dashboard')
      await page.waitForFunction(() => location.pathname.startsWith('/accounts/'))
      expect(olga.faults).toEqual([])
    },
    60_000,
  )

  journey(
    'has the name that she gave it served at once; another is not',
    async () => {
      const answer = async (host: string) =>
        (await fetch(`${platform.url}/api/session`, { headers: { host } })).status
      expect(await answer('ai.acme.example')).toBe(200)
      expect(await answer('evil.example')).toBe(400)
    },
    10_000,
  )

  journey(
    'left nothing to a stranger who finds the address later',
    async () => {
      const eve = await visit(platform.url)
      await eve.page.goto(platform.setup, { waitUntil: 'networkidle0' })
      expect(new URL(eve.page.url()).pathname).toBe('/login')
      await eve.close()
    },
    30_000,
  )
})

describe('Paul', () => {
  const models = ['gpt-4o-mini', 'acme-own'].map((id) => ({ id, object: 'model' }))
  const provider = Bun.serve({
    ...{ hostname: '127.0.0.1', port: 0 },
    fetch: ({ url, headers }) => {
      if (headers.get('authorization') !== 'Bearer sk-right') {
        return Response.json({ error: { message: 'Wrong key' } }, { status: 401 })
      }
      if (url.endsWith('/v1/models')) return Response.json({ object: 'list', data: models })
      return Response.json({
        ...{ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'gpt-4o-mini' },
        choices: [
          { index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' },
        ],
        usage: { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 },
      })
    },
  })
  afterAll(() => provider.stop(true))

  journey(
    'corrects his provider’s key at the field, and sells at public prices with his markup',
    async () => {
      const platform = await startNew()
      const paul = await visit(platform.url)
      const { page } = paul
      await begin(paul, platform, platform.url)
      await page.select('select[name="provider"]', 'openai')
      await fill(page, 'api_key', 'sk-wrong')
      await fill(page, 'base_url', `http://127.0.0.1:${provider.port}/v1`)
      await page.click('[name="allow_private"]')
      await goOn(paul)
      await page.waitForSelector('[name="api_key"][aria-invalid="true"]', { timeout: 10_000 })
      await look(paul, 'wrong-key')
      await fill(page, 'api_key', 'sk-right')
      await goOn(paul)
      await sees(page, 'Your markup', 10_000)
      await look(paul, 'markup')
      await fill(page, 'markup', '50')
      await goOn(paul)
      await sees(page, 'A real call', 15_000)
      await page.reload({ waitUntil: 'networkidle0' })
      await makeCall(paul)
      const { data } = (await (await fetch(`${platform.url}/api/models`)).json()) as {
        data: { id: string; prices: { input: string } }[]
      }
      // OpenAI's public price is 0.15 USD.
      expect(data).toMatchObject([{ id: 'gpt-4o-mini', prices: { input: '0.225' } }])
      expect(paul.faults).toEqual([])
      await paul.close()
    },
    60_000,
  )
})
