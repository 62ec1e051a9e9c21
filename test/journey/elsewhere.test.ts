/** Log-in through other services, in a real browser: a real OpenID provider stands for Google and for the operator's own. */
import { beforeAll, describe, expect } from 'bun:test'
import { fill, journey, press, sees, type Visit, visit } from '../helpers/browser.ts'
import { openElsewhere } from '../helpers/identity-provider.ts'
import { enroll, type Journey, startPlatform } from './platform.ts'

const port = freePort()
const home = `http://127.0.0.1:${port}`
const elsewhere = await openElsewhere(home)
let platform: Journey

beforeAll(async () => {
  const settings = Object.entries({ ...elsewhere.settings, public_url: home, oidc_name: 'Acme' })
  const environment = settings.map(([name, value]) => [`KKAI_${name.toUpperCase()}`, value])
  platform = await startPlatform(Object.fromEntries(environment), { listen: `127.0.0.1:${port}` })
}, 60_000)

function freePort(): number {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() })
  const { port = 0 } = server
  server.stop(true)
  return port
}

/** Who the other services see at this browser: cookies are of a host, whatever the port. */
async function comeAs(subject: string): Promise<Visit> {
  const person = await visit(home)
  await person.page.goto(`${home}/login`, { waitUntil: 'networkidle0' })
  await person.page.evaluate((value: string) => {
    // biome-ignore lint/suspicious/noDocumentCookie: the provider on the next port reads it
    document.cookie = `person=${value}; path=/`
  }, subject)
  return person
}

describe.each([
  ['Google', '101'],
  ['GitHub', '202'],
  ['Acme', '303'],
])('with %s', (name, subject) => {
  const email = `${name.toLowerCase()}@example.com`

  journey(
    'a stranger affirms what everyone does, is in, and is known the next time',
    async () => {
      elsewhere.persons.set(subject, { email, email_verified: true, name: `${name} Person` })
      const person = await comeAs(subject)
      const { page } = person
      await press(page, `Continue with ${name}`)
      await sees(page, email, 10_000)
      for (const box of ['adult', 'documents']) await page.click(`[name="${box}"]`)
      await page.click('form button[type="submit"]')
      await page.waitForFunction(() => location.pathname.startsWith('/accounts/'))
      await press(page, 'Log out')
      await page.goto(`${home}/login`, { waitUntil: 'networkidle0' })
      await press(page, `Continue with ${name}`)
      await sees(page, 'Log out', 10_000)
      expect(person.faults.filter((fault) => !fault.startsWith('foreign'))).toEqual([])
      await person.close()
    },
    60_000,
  )
})

journey(
  'an address that has a user already is no way in: she is told to log in and link it',
  async () => {
    const victim = await enroll(platform, 'victim@example.com')
    elsewhere.persons.set('404', { email: victim.email, email_verified: true, name: 'Mallory' })
    const person = await comeAs('404')
    await press(person.page, 'Continue with Google')
    await person.page.waitForSelector('main [role="alert"]', { timeout: 10_000 })
    expect(new URL(person.page.url()).searchParams.get('error')).toBe('link_needed')
    await fill(person.page, 'email', 'still@here.example')
    await person.close()
    await victim.close()
  },
  60_000,
)
