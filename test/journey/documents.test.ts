/** A material new version of the terms: mailed, noticed, asked for; from its time on calls are refused without it [T0.2]. */
import { beforeAll, expect } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fill, journey, press, sees } from '../helpers/browser.ts'
import { enroll, type Journey, type Person, startPlatform } from './platform.ts'

let platform: Journey
let ann: Person
let secret: string
beforeAll(async () => {
  platform = await startPlatform()
}, 60_000)

const call = () =>
  fetch(`${platform.url}/api/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}` },
    body: JSON.stringify({ model: 'sim-fast', messages: [{ role: 'user', content: 'Hello' }] }),
  })

journey(
  'Ann, who accepted the first version, calls',
  async () => {
    ann = await enroll(platform, 'ann@example.com')
    await platform.run('credit', 'grant', ann.account, '5', '--reason', 'welcome')
    const made = await platform.run<{ key: string }>('key', 'create', ann.account, '--name', 'a')
    secret = made.key
    expect((await call()).status).toBe(200)
  },
  60_000,
)

journey(
  'a new version is published: she is mailed, and her calls are refused with where to go',
  async () => {
    const texts = ['en', 'zh'].map((language) => {
      const file = join(platform.data, `terms.${language}.md`)
      writeFileSync(file, '# Terms\n\nBe kind, and pay.\n')
      return [`--${language}`, file] as const
    })
    const summaries = ['--summary-en', 'You must be kind.', '--summary-zh', '請友善。']
    const when = ['--now', '--material']
    await platform.run('document', 'publish', 'terms', '2', ...texts.flat(), ...summaries, ...when)
    await platform.mailbox.find(ann.email, /You must be kind/)
    const refused = await call()
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({
      error: { code: 'terms_not_accepted', message: expect.stringContaining('/accept') },
    })
  },
  60_000,
)

journey(
  'she sees the notice, reads what changed, accepts, and calls again',
  async () => {
    const { page, faults } = ann
    await page.goto(`${platform.url}/accounts/${ann.account}/overview`, {
      waitUntil: 'networkidle0',
    })
    await press(page, 'Read and accept')
    await sees(page, 'New versions of our documents')
    for (const box of await page.$$('form input[type="checkbox"]')) await box.click()
    await page.click('form button[type="submit"]')
    await sees(page, 'There is nothing to accept')
    expect((await call()).status).toBe(200)
    expect(faults).toEqual([])
  },
  60_000,
)

journey(
  'the operator writes the next version from this one, sees what changes, and publishes it',
  async () => {
    const otto = await enroll(platform, 'otto@example.com')
    await platform.run('admin', 'create', '--email', otto.email)
    const { page } = otto
    page.on('dialog', (dialog) => dialog.accept())
    await page.goto(`${platform.url}/admin/documents`, { waitUntil: 'networkidle0' })
    await sees(page, '1 of 2 users')
    await press(page, 'Write the next version: Terms')
    await fill(page, 'version', '3')
    for (const name of ['text_en', 'text_zh']) {
      await page.type(`[name="${name}"]`, 'Be on time.')
    }
    await press(page, 'Changes in English')
    await page.waitForSelector('.changes ins', { visible: true })
    await fill(page, 'summary_en', 'Be on time.')
    await fill(page, 'summary_zh', '請準時。')
    await page.click('form button[type="submit"]')
    await sees(page, 'Published. Users who are mailed: 0.')
    await page.goto(`${platform.url}/legal/terms/3`, { waitUntil: 'networkidle0' })
    await sees(page, 'Be on time.')
    expect((await call()).status).toBe(200)
    expect(otto.faults).toEqual([])
  },
  60_000,
)
