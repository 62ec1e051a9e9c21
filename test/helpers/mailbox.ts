/** A real SMTP server on loopback, and what arrived at it. */
import { afterAll } from 'bun:test'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

export interface Mailbox {
  /** For the setting `smtp_url`. */
  url: string
  mails: ParsedMail[]
  /** The first mail to that address whose text matches, once it has arrived; answers the match. */
  find(to: string, pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
}

const open: SMTPServer[] = []
afterAll(() => {
  for (const server of open) server.close()
})

export async function openMailbox(): Promise<Mailbox> {
  const mails: ParsedMail[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, done) => {
      simpleParser(stream).then((mail) => {
        mails.push(mail)
        done()
      }, done)
    },
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  open.push(server)
  const { port } = server.server.address() as { port: number }

  async function find(to: string, pattern: RegExp, timeoutMs = 10_000): Promise<RegExpExecArray> {
    for (const end = Date.now() + timeoutMs; Date.now() < end; await Bun.sleep(50)) {
      for (const mail of mails) {
        const address = [mail.to].flat()[0]?.text
        const found = address === to ? pattern.exec(mail.text ?? '') : null
        if (found) return found
      }
    }
    const arrived = mails.map((mail) => `${[mail.to].flat()[0]?.text}: ${mail.subject}`)
    throw new Error(`No mail to ${to} with ${pattern}; arrived: ${arrived.join(', ') || 'none'}`)
  }
  return { url: `smtp://127.0.0.1:${port}`, mails, find }
}
