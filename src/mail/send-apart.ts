/** Delivers one mail by SMTP. Embedded as a plain module and loaded with the first mail: most of nodemailer is never used. */
import { createTransport } from 'nodemailer'
import { isPrivateHost } from '../base/address.ts'

export interface Outgoing {
  id: string
  from: string
  to: string
  subject: string
  text: string
  html: string
}

export interface Mailer {
  /** Throws `Undelivered`. */
  send(mail: Outgoing): Promise<void>
  close(): void
}

/** `permanent`: trying again would be refused again. */
export class Undelivered extends Error {
  readonly permanent: boolean
  constructor(message: string, permanent: boolean) {
    super(message)
    this.permanent = permanent
  }
}

const timeoutMs = 30_000

/** Beyond our own network a server that offers no TLS gets no mail, and no password. */
export function mustEncrypt(url: string): boolean {
  return !isPrivateHost(new URL(url).hostname)
}

/** `url`: smtp:// or smtps://, with user and password. */
export function openMailer(url: string): Mailer {
  const transport = createTransport({
    ...{ url, pool: true, maxConnections: 10, requireTLS: mustEncrypt(url) },
    ...{ connectionTimeout: timeoutMs, greetingTimeout: timeoutMs, socketTimeout: timeoutMs },
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    send: async ({ id, from, to, subject, text, html }) => {
      const domain = /@([^>\s]+)/.exec(from)?.[1] ?? 'localhost'
      try {
        await transport.sendMail({
          ...{ from, subject, text, html },
          // As an object: no text of an address is ever read as a list.
          to: { name: '', address: to },
          // The same for every try, so that a mail that arrived twice is seen to be one.
          messageId: `<${id}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
      } catch (cause) {
        const { responseCode, message } = cause as Error & { responseCode?: number }
        throw new Undelivered(message, responseCode !== undefined && responseCode >= 500)
      }
    },
    close: () => transport.close(),
  }
}
