/** A backup is put back while a customer has the dashboard open: she finds what was when it was made, and nothing after it. */
import { beforeAll, describe, expect } from 'bun:test'
import { join } from 'node:path'
import { journey, sees, visit } from '../helpers/browser.ts'
import { startKkai } from '../helpers/kkai.ts'
import { call, enroll, type Journey, logIn, type Person, startPlatform } from './platform.ts'

let platform: Journey
let ann: Person
beforeAll(async () => {
  platform = await startPlatform()
}, 60_000)

const newKey = async (name: string) =>
  (await platform.run<{ key: string }>('key', 'create', ann.account, '--name', name)).key
const grant = (usd: string) =>
  platform.run('credit', 'grant', ann.account, usd, '--reason', 'welcome')

describe('Ann, whose platform is restored', () => {
  journey(
    'sees balance and calls as of the backup; a key that came after it is refused',
    async () => {
      ann = await enroll(platform, 'ann@example.com')
      await grant('5')
      const before = await newKey('before')
      const { id } = await call(platform, before, 'Hello')
      const { page } = ann
      const requests = `${platform.url}/accounts/${ann.account}/requests`
      await page.goto(requests, { waitUntil: 'networkidle0' })
      const backup = join(platform.data, 'monday.db')
      await platform.run('backup', backup)

      await grant('70')
      const after = await newKey('after')
      const later = await call(platform, after, 'Hello')
      expect([id, later.id]).toEqual([
        expect.stringMatching(/^gen-/),
        expect.stringMatching(/^gen-/),
      ])

      expect(await platform.server.stop()).toBe(0)
      await platform.run('restore', backup)
      const { host } = new URL(platform.url)
      await startKkai(['serve', '--data', platform.data, '--listen', host], {
        KKAI_SMTP_URL: platform.mailbox.url,
      })

      // Her session is older than the backup.
      await page.reload({ waitUntil: 'networkidle0' })
      await sees(page, 'sim-fast')
      expect(await page.$$eval('tbody tr', (rows) => rows.length)).toBe(1)
      expect((await call(platform, after, 'Hello')).code).toBe('invalid_api_key')
      const again = await visit(platform.url)
      await logIn(platform, again, ann.email)
      await again.page.waitForFunction(() => location.pathname.startsWith('/accounts/'))
      await sees(again.page, 'US$5.00')
      expect((await call(platform, before, 'Hello')).code).toBe('ok')
      expect([...ann.faults, ...again.faults]).toEqual([])
    },
    120_000,
  )
})
