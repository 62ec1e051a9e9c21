/** A stranger becomes a customer, in a real browser on the executable, with mails that really arrive. */
import { beforeAll, describe, expect } from 'bun:test'
import OpenAI from 'openai'
import { Secret, TOTP } from 'otpauth'
import { fill, journey, press, sees, visit } from '../helpers/browser.ts'
import {
  enroll,
  follow,
  type Journey,
  logIn,
  type Person,
  password,
  startPlatform,
} from './platform.ts'

let platform: Journey
let ann: Person
beforeAll(async () => {
  platform = await startPlatform()
}, 60_000)

const open = async ({ page }: Person, path: string) => {
  await page.goto(platform.url + path, { waitUntil: 'networkidle0' })
}

describe('Ann', () => {
  let secret = ''

  journey(
    'registers, confirms her address by the mail that arrived, and logs in [T0.1, T2.1, T2.3]',
    async () => {
      ann = await enroll(platform, 'ann@example.com')
      expect(ann.account).toStartWith('acc_')
    },
    60_000,
  )

  journey(
    'makes her first key; three Escs do not lose its secret',
    async () => {
      await platform.run('credit', 'grant', ann.account, '5', '--reason', 'welcome')
      const { page } = ann
      await open(ann, `/accounts/${ann.account}/keys`)
      await press(page, 'Create a key')
      await fill(page, 'name', 'first')
      await page.click('dialog form button[type="submit"]')
      await sees(page, 'Copy it now')
      for (let times = 0; times < 3; times++) await page.keyboard.press('Escape')
      await sees(page, 'Copy it now')
      secret = await page.$eval('dialog pre code', (element) => element.textContent ?? '')
      expect(secret).toMatch(/^sk-kk-\w{49}$/)
      await press(page, 'I have saved the key')
      // Until it is gone, the page asks before it is left.
      await page.waitForFunction(() => document.querySelector('dialog') === null)
      expect(await page.content()).not.toContain(secret)
    },
    30_000,
  )

  journey(
    'calls with an official client, and sees the call’s arithmetic within two seconds [T1.3d, T3.1]',
    async () => {
      const { page } = ann
      // It asks every second what is new, so its network is never idle.
      await page.goto(`${platform.url}/accounts/${ann.account}/requests?live=1`)
      await sees(page, 'Requests')
      const client = new OpenAI({ apiKey: secret, baseURL: `${platform.url}/api/v1` })
      const reply = await client.chat.completions.create({
        model: 'sim-fast',
        messages: [{ role: 'user', content: 'Hello' }],
      })
      expect(reply.choices[0]?.message.content).toBeTruthy()
      await page.waitForSelector('table tbody tr', { timeout: 2_000 })
      await page.click('table tbody tr a, table tbody tr button')
      await sees(page, reply.id)
      await sees(page, 'USD')
    },
    30_000,
  )

  journey(
    'takes her calls along as a file that a spreadsheet reads',
    async () => {
      const text = await ann.page.evaluate(
        async (path: string) => (await fetch(path)).text(),
        `/api/accounts/${ann.account}/requests.csv`,
      )
      expect(text).toContain('sim-fast')
      expect(text.split('\r\n').length).toBeGreaterThanOrEqual(2)
    },
    30_000,
  )

  journey(
    'turns on a second factor, and is asked for it at the next log-in [T2.4]',
    async () => {
      const { page } = ann
      await open(ann, '/settings')
      await press(page, 'Set up an authenticator app')
      await page.waitForSelector('.qr')
      const base32 = await page.$eval('.qr ~ .code code', (element) => element.textContent ?? '')
      const app = new TOTP({ secret: Secret.fromBase32(base32) })
      await fill(page, 'code', app.generate())
      await page.click('.card form button[type="submit"]')
      await page.waitForSelector('dialog pre code')
      const [code = ''] = (
        await page.$eval('dialog pre code', (element) => element.textContent ?? '')
      ).split('\n')
      const elsewhere = await visit(platform.url)
      await logIn(platform, elsewhere, ann.email)
      await sees(elsewhere.page, 'Second factor')
      await fill(elsewhere.page, 'code', code)
      await elsewhere.page.click('form button[type="submit"]')
      await elsewhere.page.waitForFunction(() => location.pathname.startsWith('/accounts/'))
      await elsewhere.close()
    },
    60_000,
  )

  journey(
    'did nothing that her browser complained of',
    async () => {
      expect(ann.faults).toEqual([])
    },
    10_000,
  )
})

describe('Ben', () => {
  let ben: Person

  journey(
    'forgets his password and sets a new one by mail; his sessions end',
    async () => {
      ben = await enroll(platform, 'ben@example.com')
      const other = await visit(platform.url)
      await other.page.goto(`${platform.url}/reset`, { waitUntil: 'networkidle0' })
      await fill(other.page, 'email', ben.email)
      await other.page.click('form button[type="submit"]')
      await sees(other.page, 'a message is on its way', 15_000)
      await follow(platform, other, ben.email, /\S+\/reset\/confirm\?token=\w+/)
      await fill(other.page, 'password', `another ${password}`)
      await other.page.click('form button[type="submit"]')
      await sees(other.page, 'Your password is set')
      await other.close()
      await open(ben, '/settings')
      await ben.page.waitForFunction(() => location.pathname === '/login')
      await logIn(platform, ben, ben.email, `another ${password}`)
      await ben.page.waitForFunction(
        () =>
          location.pathname.startsWith('/settings') || location.pathname.startsWith('/accounts'),
      )
    },
    90_000,
  )

  journey(
    'is suspended while he looks: calls are refused and the page says so [T4.4]',
    async () => {
      await platform.run('account', 'suspend', ben.account, '--reason', 'testing')
      await open(ben, `/accounts/${ben.account}/overview`)
      await sees(ben.page, 'This account is suspended')
      await platform.run('account', 'reinstate', ben.account, '--reason', 'tested')
      await open(ben, `/accounts/${ben.account}/overview`)
      expect(await ben.page.content()).not.toContain('This account is suspended')
    },
    30_000,
  )

  journey(
    'invites Carla as a developer; she accepts and sees the account [T2.2]',
    async () => {
      const { page } = ben
      await open(ben, `/accounts/${ben.account}/members`)
      await fill(page, 'email', 'carla@example.com')
      await page.select('form [name="role"]', 'developer')
      await page.click('form button[type="submit"]')
      await sees(page, 'The invitation is sent.')
      const carla = await enroll(platform, 'carla@example.com')
      await follow(platform, carla, carla.email, /\S+\/invitation\?token=\w+/)
      await press(carla.page, 'Accept the invitation')
      await carla.page.waitForFunction((id) => location.pathname.includes(id), {}, ben.account)
      await open(carla, `/accounts/${ben.account}/keys`)
      await sees(carla.page, 'API keys')
      expect(carla.faults).toEqual([])
      await carla.close()
    },
    90_000,
  )

  journey(
    'closes his account by typing its name, and is out [T8.1, T8.3]',
    async () => {
      const { page } = ben
      await open(ben, `/accounts/${ben.account}/settings`)
      await press(page, 'Close the account')
      await fill(page, 'typed', 'ben')
      await page.click('dialog form button[type="submit"]')
      await page.waitForFunction(() => !location.pathname.startsWith('/accounts/'), {
        timeout: 10_000,
      })
      const again = await visit(platform.url)
      await logIn(platform, again, ben.email, `another ${password}`)
      await sees(again.page, 'The address or the password is wrong')
      await again.close()
      expect(ben.faults).toEqual([])
    },
    60_000,
  )
})
