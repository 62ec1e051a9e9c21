/** The operator puts today's program in place of the first one, whose customers had no log-in, and finds everything there. */
import { beforeAll, describe, expect } from 'bun:test'
import { fill, journey, press, sees } from '../helpers/browser.ts'
import { layRelease, type Release, releases } from '../helpers/releases.ts'
import { call, enroll, type Journey, type Person, startPlatform } from './platform.ts'

let platform: Journey
let otto: Person
const [release] = releases as [Release]

beforeAll(async () => {
  platform = await startPlatform({}, { data: layRelease(release) })
}, 60_000)

describe('Otto, who has run the first program', () => {
  journey(
    'becomes their admin, and sees an old account with its balance and its calls',
    async () => {
      otto = await enroll(platform, 'otto@example.com')
      await platform.run('admin', 'create', '--email', otto.email)
      const { page } = otto
      await page.goto(`${platform.url}/admin/accounts`, { waitUntil: 'networkidle0' })
      await sees(page, 'bea@example.com')
      await sees(page, 'Suspended')
      await fill(page, 'q', release.account)
      await press(page, 'Search')
      await page.waitForFunction(() => !document.body.textContent?.includes('bea@example.com'))
      await press(page, 'demo@example.com')
      await sees(page, 'US$100.00')
      await sees(page, 'sim-chat')
    },
    60_000,
  )
  journey(
    'sees the next call of a key of then',
    async () => {
      expect((await call(platform, release.key, 'Hello')).code).toBe('ok')
      const { page } = otto
      await page.reload({ waitUntil: 'networkidle0' })
      await sees(page, 'sim-fast')
      expect(otto.faults).toEqual([])
    },
    30_000,
  )
})
