/** TLS outward: nothing is said to a server whose certificate is not trusted, or is another name's. */
import { expect, test } from 'bun:test'
import { join } from 'node:path'

/** What reaches a server with the certificate of that name, the authority of it being trusted or not. */
async function call(whose: string, trusted: boolean): Promise<Record<string, boolean>> {
  const authority = join(import.meta.dir, '../fixtures/tls/authority.pem')
  const { PATH, HOME, TMPDIR } = process.env
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'callers.ts'), whose], {
    env: { PATH, HOME, TMPDIR, ...(trusted && { NODE_EXTRA_CA_CERTS: authority }) },
    stderr: 'inherit',
  })
  return JSON.parse(await new Response(child.stdout).text())
}

const callers = [
  ...['a provider', 'a webhook', 'Stripe', 'ECPay', 'a log-in provider', 'a collector of traces'],
  ...['mail over TLS', 'mail after STARTTLS'],
]

test.each([
  ['trusted', 'here', true, true],
  ['of an unknown authority', 'here', false, false],
  ['another name’s', 'elsewhere', true, false],
] as const)('with a certificate that is %s', async (_, whose, trusted, heard) => {
  expect(await call(whose, trusted)).toEqual(
    Object.fromEntries(callers.map((caller) => [caller, heard])),
  )
})
