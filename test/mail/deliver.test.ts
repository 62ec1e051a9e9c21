/** The outbox and a real SMTP server: what is sent once, what is tried again, and what is given up [T12.6]. */
import { afterAll, describe, expect, test } from 'bun:test'
import { asc } from 'drizzle-orm'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'
import type { Parts } from '../../src/admin/parts.ts'
import { silentLog } from '../../src/base/log.ts'
import { readSettings } from '../../src/config.ts'
import { sendMail } from '../../src/jobs/send-mail.ts'
import { deliverDue } from '../../src/mail/deliver.ts'
import type { Letter } from '../../src/mail/letter.ts'
import { openOutbox } from '../../src/mail/outbox.ts'
import { mustEncrypt, openMailer } from '../../src/mail/send-apart.ts'
import { mail } from '../../src/store/people.ts'
import { databases, now, openTestSqlite, type TestStore } from '../helpers/database.ts'
import { languages, letters } from './letters.ts'

const minuteMs = 60_000
const from = 'AI <no-reply@ai.example.com>'

interface Smtp {
  port: number
  arrived: ParsedMail[]
  /** Whom the envelopes name. */
  recipients: string[]
  close(): Promise<void>
}

/** Answers with `codes` first, one for each mail; then takes what comes. */
async function openSmtp(codes: number[] = [], at = 0): Promise<Smtp> {
  const arrived: ParsedMail[] = []
  const recipients: string[] = []
  const server = new SMTPServer({
    ...{ authOptional: true, disabledCommands: ['STARTTLS'], closeTimeout: 100 },
    onRcptTo: ({ address }, _session, done) => {
      recipients.push(address)
      done()
    },
    onData: async (stream, _session, done) => {
      const parsed = await simpleParser(stream)
      const responseCode = codes.shift()
      if (responseCode !== undefined) return done(Object.assign(new Error('no'), { responseCode }))
      arrived.push(parsed)
      done()
    },
  })
  await new Promise<void>((ready) => server.listen(at, '127.0.0.1', ready))
  const { port } = server.server.address() as { port: number }
  const close = () => new Promise<void>((closed) => server.close(() => closed()))
  afterAll(close)
  return { port, arrived, recipients, close }
}

interface Post {
  store: TestStore
  queue(...letters: Letter[]): Promise<void>
  /** What the job does `afterMs` later. */
  deliver(afterMs?: number): Promise<void>
  rows(): Promise<(typeof mail.$inferSelect)[]>
}

async function openPost(store: TestStore, port: number, log = silentLog): Promise<Post> {
  let passed = 0
  const clock = { now: () => now + passed, elapsed: () => passed }
  const outbox = openOutbox(clock, () => ({ platform: 'AI', publicUrl: 'https://ai.example.com' }))
  const mailer = openMailer(`smtp://127.0.0.1:${port}`)
  afterAll(() => mailer.close())
  return {
    store,
    queue: async (...some) => {
      for (const letter of some) {
        await store.write((db) => [outbox.queue(db, letter)])
        passed++
      }
    },
    deliver: (afterMs = 0) => {
      passed += afterMs
      return deliverDue(store, log, async () => mailer, from, clock.now())
    },
    rows: () => store.db.select().from(mail).orderBy(asc(mail.id)),
  }
}

const verify = (to = 'ann@example.com'): Letter => ({
  ...{ kind: 'verify', to, language: 'en', path: '/verify?token=abc' },
})

test('a mail arrives as it was written, and its link is kept nowhere', async () => {
  const smtp = await openSmtp()
  const post = await openPost(await openTestSqlite(), smtp.port)
  await post.queue(verify())
  const [queued] = await post.rows()
  await post.deliver()
  const [got] = smtp.arrived as [ParsedMail]
  expect(got.from?.text).toBe('"AI" <no-reply@ai.example.com>')
  expect([got.to].flat()[0]?.text).toBe('ann@example.com')
  expect(got.messageId).toBe(`<${queued?.id}@ai.example.com>`)
  expect(got.headers.get('auto-submitted')).toBe('auto-generated')
  expect(got.text?.trim()).toBe(queued?.text?.trim() ?? '')
  expect(got.html).toContain('href="https://ai.example.com/verify?token=abc"')
  expect(await post.rows()).toMatchObject([
    ...[{ state: 'sent', attempts: 1, text: null, html: null, error: null, sentAt: now + 1 }],
  ])
  await post.deliver(minuteMs)
  expect(smtp.arrived).toHaveLength(1)
})

test.each(languages)('every kind arrives whole in %s', async (language) => {
  const smtp = await openSmtp()
  const post = await openPost(await openTestSqlite(), smtp.port)
  await post.queue(...letters.map((letter) => ({ ...letter, to: 'ann@example.com', language })))
  const queued = await post.rows()
  while ((await post.rows()).some(({ state }) => state === 'queued')) await post.deliver()
  const subjects = (list: { subject?: string | undefined }[]) =>
    list.map(({ subject }) => subject).toSorted()
  expect(subjects(smtp.arrived)).toEqual(subjects(queued))
  const texts = (list: { text?: string | null | undefined }[]) =>
    list.map(({ text }) => text?.trim()).toSorted()
  expect(texts(smtp.arrived)).toEqual(texts(queued))
})

test('what is refused for now is tried again after a minute, and arrives once', async () => {
  const smtp = await openSmtp([451])
  const post = await openPost(await openTestSqlite(), smtp.port)
  await post.queue(verify())
  await post.deliver()
  expect(await post.rows()).toMatchObject([{ state: 'queued', attempts: 1 }])
  await post.deliver(minuteMs - 1)
  expect(smtp.arrived).toHaveLength(0)
  await post.deliver(1)
  expect(smtp.arrived).toHaveLength(1)
  expect(await post.rows()).toMatchObject([{ state: 'sent', attempts: 2, error: null }])
})

test('what is refused for good is not tried again, and its link is gone', async () => {
  const smtp = await openSmtp([550])
  const post = await openPost(await openTestSqlite(), smtp.port)
  await post.queue(verify())
  await post.deliver()
  await post.deliver(24 * 60 * minuteMs)
  expect(smtp.arrived).toHaveLength(0)
  expect(await post.rows()).toMatchObject([
    ...[{ state: 'failed', attempts: 1, text: null, html: null }],
  ])
})

test('it is tried ten times, ever later but never more than six hours', async () => {
  const smtp = await openSmtp(Array(20).fill(451))
  const post = await openPost(await openTestSqlite(), smtp.port)
  await post.queue(verify())
  const pauses: number[] = []
  let tries = 0
  for (let waited = 0; waited < 60 * 24; waited++) {
    const [row] = await post.rows()
    if ((row?.attempts ?? 0) > tries) pauses.push(waited)
    tries = row?.attempts ?? 0
    await post.deliver(minuteMs)
  }
  expect(tries).toBe(10)
  expect(pauses.map((at, n) => at - (pauses[n - 1] ?? at - 1))).toEqual([
    ...[1, 1, 2, 4, 8, 16, 32, 64, 128, 256],
  ])
  expect(await post.rows()).toMatchObject([{ state: 'failed', text: null }])
})

test('a server that was down gets all of it when it is up', async () => {
  const down = await openSmtp()
  await down.close()
  const post = await openPost(await openTestSqlite(), down.port)
  await post.queue(verify('ann@example.com'), verify('bob@example.com'))
  await post.deliver()
  expect(await post.rows()).toMatchObject([{ state: 'queued' }, { state: 'queued' }])
  const up = await openSmtp([], down.port)
  await post.deliver(minuteMs)
  expect(up.recipients.toSorted()).toEqual(['ann@example.com', 'bob@example.com'])
})

test('the oldest go first, twenty in a turn', async () => {
  const smtp = await openSmtp()
  const post = await openPost(await openTestSqlite(), smtp.port)
  const names = Array.from({ length: 23 }, (_, at) => `${String.fromCharCode(97 + at)}@example.com`)
  await post.queue(...names.map(verify))
  await post.deliver()
  expect(smtp.recipients.toSorted()).toEqual(names.slice(0, 20))
  await post.deliver()
  expect(smtp.recipients.slice(20).toSorted()).toEqual(names.slice(20))
})

describe.each(databases)('on %s', (_, open) => {
  test('two nodes that deliver at once deliver once', async () => {
    const smtp = await openSmtp()
    const post = await openPost(await open(), smtp.port)
    await post.queue(verify('ann@example.com'), verify('bob@example.com'))
    await Promise.all([post.deliver(), post.deliver()])
    expect(smtp.recipients.toSorted()).toEqual(['ann@example.com', 'bob@example.com'])
  })
})

test('neither a name nor an address adds a header or a reader', async () => {
  const smtp = await openSmtp()
  const post = await openPost(await openTestSqlite(), smtp.port)
  const evil = 'Acme\r\nBcc: eve@example.com\r\n\r\nhello'
  const invitation = { kind: 'invitation', path: '/i', inviter: evil, role: 'owner' } as const
  await post.queue(
    { ...invitation, to: 'ann@example.com', language: 'en', accountName: evil },
    verify('bob@example.com, eve@example.com'),
  )
  await post.deliver()
  expect(smtp.recipients).not.toContain('eve@example.com')
  const [got] = smtp.arrived as [ParsedMail]
  expect(got.headers.has('bcc')).toBe(false)
  expect(got.subject).toStartWith('Acme Bcc: eve@example.com hello invites you')
})

test('the log names mails by id and kind, never by address', async () => {
  const lines: string[] = []
  const note = (event: string, facts: object = {}) => lines.push(event, JSON.stringify(facts))
  const smtp = await openSmtp([550, 451])
  const log = { ...silentLog, info: note, warn: note }
  const post = await openPost(await openTestSqlite(), smtp.port, log)
  await post.queue(verify(), verify(), verify())
  await post.deliver()
  expect(lines).toContainValues(['mail.sent', 'mail.failed', 'mail.delayed'])
  expect(lines.join('')).not.toContain('@')
})

test('without a server mails wait, and the log says once what to set', async () => {
  const post = await openPost(await openTestSqlite(), 1)
  await post.queue(verify())
  const lines: unknown[] = []
  const log = { ...silentLog, warn: (...line: unknown[]) => lines.push(line) }
  const parts = { store: post.store, log, config: readSettings({}, {}).config } as unknown as Parts
  for (let run = 0; run < 3; run++) await sendMail.run(parts, { draining: false, verified: null })
  expect(lines).toEqual([['mail.off', { set: 'smtp_url' }]])
  expect(await post.rows()).toMatchObject([{ state: 'queued', attempts: 0 }])
})

test.each([
  ['smtp://user:password@mail.example.com:587', true],
  ['smtp://192.0.2.7:25', true],
  ['smtp://localhost:25', false],
  ['smtp://postfix:25', false],
  ['smtp://10.0.0.5', false],
  ['smtp://[::1]:25', false],
])('by %s mail goes encrypted or not at all: %p', (url, must) => {
  expect(mustEncrypt(url)).toBe(must)
})
