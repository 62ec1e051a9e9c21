/**
 * The operator in a real browser on the executable: an account is found, suspended and reinstated [T4.4], investigated for a
 * while, and terminated with what it is paid back [T8.2]; beside it the customer calls and looks.
 */
import { beforeAll, describe, expect } from 'bun:test'
import { fill, journey, press, sees } from '../helpers/browser.ts'
import { call as callBy, enroll, type Journey, type Person, startPlatform } from './platform.ts'

let platform: Journey
let otto: Person
let ann: Person
let key: string

beforeAll(async () => {
  platform = await startPlatform()
}, 60_000)

const open = ({ page }: Person, path: string) =>
  page.goto(platform.url + path, { waitUntil: 'networkidle0' })
const submit = ({ page }: Person) => page.click('dialog form button[type="submit"]')
const closed = ({ page }: Person) =>
  page.waitForFunction(() => document.querySelector('dialog') === null)

const call = (content: string) => callBy(platform, key, content)

describe('Otto, who runs the platform', () => {
  journey(
    'finds Ann by a request of hers and suspends her: her next call is refused; reinstated, it is not',
    async () => {
      otto = await enroll(platform, 'otto@example.com')
      await platform.run('admin', 'create', '--email', otto.email)
      ann = await enroll(platform, 'ann@example.com')
      await platform.run('credit', 'grant', ann.account, '5', '--reason', 'welcome')
      key = (await platform.run<{ key: string }>('key', 'create', ann.account, '--name', 'app')).key
      const { id, code } = await call('Hello')
      expect(code).toBe('ok')

      const { page } = otto
      await open(otto, '/admin/accounts')
      await fill(page, 'q', id)
      await press(page, 'Search')
      await press(page, 'ann')
      await sees(page, ann.account)
      await press(page, 'Suspend')
      await sees(page, 'Calls are refused at once')
      await fill(page, 'reason', 'reports of abuse')
      await submit(otto)
      await sees(page, 'Suspended')
      expect((await call('Hello')).code).toBe('account_suspended')
      await platform.mailbox.find(ann.email, /reports of abuse/)

      await press(page, 'Reinstate')
      await fill(page, 'reason', 'settled')
      await submit(otto)
      // Her keys are shown as active all the while: her calls tell.
      while ((await call('Hello')).code !== 'ok') await Bun.sleep(100)
    },
    90_000,
  )

  journey(
    'investigates for a day: reads what she asks, which she cannot; ended, it is gone',
    async () => {
      const { page } = otto
      await open(otto, `/admin/investigations?account=${ann.account}`)
      await press(page, 'Open an investigation')
      await fill(page, 'reason', 'reports of abuse')
      await page.$eval('[name="ends_at"]', (element) => {
        const at = new Date(Date.now() + 3_600_000 - new Date().getTimezoneOffset() * 60_000)
        ;(element as HTMLInputElement).value = at.toISOString().slice(0, 16)
      })
      await submit(otto)
      await closed(otto)
      const { id } = await call('A very particular question')

      await press(page, 'Look: ann')
      await press(page, `Read: ${id}`)
      await sees(page, 'A very particular question')
      await open(ann, `/accounts/${ann.account}/requests?request=${id}`)
      const seen = await ann.page.evaluate(
        async (path: string) => (await fetch(path)).text(),
        `/api/accounts/${ann.account}/requests/${id}`,
      )
      expect(seen).toContain(id)
      expect(seen).not.toContain('particular')

      await open(otto, `/admin/investigations?account=${ann.account}`)
      page.once('dialog', (question) => question.accept())
      await press(page, 'End now: ann')
      await sees(page, 'Ended')
      const looks = await page.evaluate(
        async () => (await (await fetch('/api/admin/audit?act=requests/:gen')).json()).data,
      )
      expect(looks).toMatchObject([{ actor_email: otto.email, outcome: 'done' }])
      const again = await page.evaluate(
        async (path: string) => (await fetch(path)).status,
        `/api/admin/investigations/${looks[0].subject.replace(' ', '/requests/')}`,
      )
      expect(again).toBe(404)
    },
    60_000,
  )

  journey(
    'terminates her account: sees what ends and what goes back, types its name, and it is so',
    async () => {
      const { page } = otto
      await open(otto, `/admin/accounts/${ann.account}`)
      await press(page, 'Correct the balance')
      await fill(page, 'amount', '7.00')
      await fill(page, 'reason', 'paid by bank')
      await submit(otto)
      await closed(otto)
      await press(page, 'Terminate')
      await sees(page, 'US$7.00 is to be paid back')
      await sees(page, 'Keys that stop working: 1')
      await fill(page, 'reason', 'fraud')
      await fill(page, 'typed', 'anne')
      await submit(otto)
      await sees(page, 'Type it exactly as it is shown.')
      await fill(page, 'typed', 'ann')
      await submit(otto)
      await sees(page, 'It is terminated. US$7.00')
      expect((await call('Hello')).code).toBe('invalid_api_key')
      await platform.mailbox.find(ann.email, /fraud/)
      await open(ann, `/accounts/${ann.account}/overview`)
      expect(ann.page.url()).toContain('/login')

      await open(otto, '/admin/refunds')
      await sees(page, '7.00')
      await open(otto, `/admin/audit?account=${ann.account}`)
      await sees(page, 'fraud')
      await sees(page, 'credit grant')
      expect([...otto.faults, ...ann.faults]).toEqual([])
    },
    60_000,
  )
})
