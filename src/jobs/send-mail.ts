/** Delivers the outbox. Without `smtp_url` mails stay queued, and the log says so once. */
import { deliverDue } from '../mail/deliver.ts'
import { loadMailer } from '../mail/load.ts'
import type { Mailer } from '../mail/send-apart.ts'
import type { Job } from './job.ts'

const open = new WeakMap<object, Promise<Mailer>>()
const warned = new WeakSet<object>()

export const sendMail: Job = {
  name: 'send-mail',
  everyMs: 1_000,
  run: async ({ store, config, log, clock, business }) => {
    const { smtpUrl, mailFrom } = config
    if (smtpUrl === null) {
      if (!warned.has(store)) log.warn('mail.off', { set: 'smtp_url' })
      warned.add(store)
      return
    }
    const mailer = () => {
      const opened = open.get(store) ?? loadMailer(smtpUrl)
      open.set(store, opened)
      return opened
    }
    const { platform, contact } = business.current
    await deliverDue(store, log, mailer, mailFrom ?? `"${platform}" <${contact}>`, clock.now())
  },
}
