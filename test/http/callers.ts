/**
 * Everything of ours that calls out over TLS, tried once against a server here: `bun callers.ts here|elsewhere`, with the
 * certificate of that name. Prints as JSON whether anything that was said arrived.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SMTPServer } from 'smtp-server'
import { silentLog } from '../../src/base/log.ts'
import { readSettings } from '../../src/config.ts'
import { httpClient } from '../../src/gateway/http-client.ts'
import { openOtlp } from '../../src/http/otlp.ts'
import { openMailer } from '../../src/mail/send-apart.ts'
import { post } from '../../src/notice/target.ts'
import { openAsk } from '../../src/processors/ecpay-ask.ts'
import type { Order } from '../../src/processors/processor.ts'
import { openStripe } from '../../src/processors/stripe.ts'
import { findProviders } from '../../src/user/oauth.ts'

const whose = process.argv[2]
const read = (kind: string) =>
  readFileSync(join(import.meta.dir, `../fixtures/tls/${whose}.${kind}`), 'utf8')
const tls = { cert: read('pem'), key: read('key') }

let arrived = 0
const server = Bun.serve({
  ...{ hostname: '127.0.0.1', port: 0, tls },
  fetch: () => {
    arrived++
    return new Response('', { status: 404 })
  },
})
const url = `https://localhost:${server.port}`

async function openSmtp(secure: boolean): Promise<number> {
  const smtp = new SMTPServer({
    ...{ ...tls, secure, authOptional: true },
    onMailFrom: (_address, session, done) => {
      if (session.secure) arrived++
      done(new Error('no'))
    },
  })
  // Whoever does not trust it leaves in the middle.
  smtp.on('error', () => {})
  await new Promise<void>((ready) => smtp.listen(0, '127.0.0.1', ready))
  return (smtp.server.address() as { port: number }).port
}

async function sendMail(secure: boolean): Promise<void> {
  const port = await openSmtp(secure)
  const mailer = openMailer(`${secure ? 'smtps' : 'smtp'}://localhost:${port}`)
  const mail = { id: '1', from: 'a@example.com', to: 'b@example.com', subject: '', text: '' }
  await mailer.send({ ...mail, html: '' })
}

async function sendSpan(): Promise<void> {
  const exporter = openOtlp({
    ...{ endpoint: url, headers: {}, resource: {}, log: silentLog, counted: () => {} },
  })
  exporter.offer([
    {
      ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: null, link: null },
      ...{ name: 'one', kind: 'client', startMs: 0, endMs: 1, failed: false, attributes: {} },
    },
  ])
  await exporter.stop()
}

const settings = readSettings(
  {
    ...{ stripe_url: url, stripe_secret_key: 'sk_test_x', stripe_webhook_secret: 'whsec_x' },
    ...{ oidc_issuer: url, oidc_client_id: 'kkai', oidc_client_secret: 'secret' },
  },
  {},
).config
const order: Order = {
  ...{ id: 'top_1', total: 100n, currency: 'USD' as const, method: 'card', description: 'Credit' },
  ...{
    email: null,
    language: 'en' as const,
    returnUrl: url,
    callbackUrl: url,
    createdAt: 0,
    expiresAt: 1,
  },
}

const callers: Record<string, () => Promise<unknown>> = {
  'a provider': () => {
    const origin = { hostname: 'localhost', port: server.port ?? 0, tls: true }
    const request = 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n'
    return httpClient(() => 0).send(origin, request, 5_000).head
  },
  'a webhook': () => post(url, { headers: {}, body: '{}' }, { allowPrivate: true }),
  Stripe: async () => openStripe(settings)?.checkout(order),
  ECPay: () => openAsk(url, '1', { hashKey: 'x'.repeat(16), hashIv: 'y'.repeat(16) })('/', {}),
  'a log-in provider': async () => findProviders(settings)[0]?.endpoints(),
  'a collector of traces': sendSpan,
  'mail over TLS': () => sendMail(true),
  'mail after STARTTLS': () => sendMail(false),
}

const reached: Record<string, boolean> = {}
for (const [name, call] of Object.entries(callers)) {
  arrived = 0
  await call().catch(() => {})
  reached[name] = arrived > 0
}
process.stdout.write(JSON.stringify(reached))
process.exit()
