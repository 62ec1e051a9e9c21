/** What mails say, in English: the shape that other languages fill. */
import type { Letter } from './letter.ts'
import { chooseEn as choose, modelsEn } from './words-models.ts'
import { rechargeEn } from './words-recharge.ts'

export interface Said {
  subject: string
  /** Paragraphs before the button. */
  lines: string[]
  /** What the button says, for letters with a path. */
  button?: string
  /** Paragraphs after it. */
  after?: string[]
}

/** One kind of letter, with what it needs. */
export type LetterOf<K extends Letter['kind']> = Letter & { kind: K }

export interface MailWords {
  hello: string
  /** Under every mail. */
  foot(platform: string): string
  orCopy: string
  say: { [K in Letter['kind']]: (letter: LetterOf<K>, platform: string) => Said }
}

const notYou =
  'If this was not you, change your password and look at your sessions in the settings.'
const ignore = 'If you did not ask for this, ignore this mail: nothing changes.'
const time = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

const daysTold = (days: number) =>
  days === 0 ? 'less than a day' : `about ${days} ${days === 1 ? 'day' : 'days'}`
/** A text of the operator: paragraphs between blank lines. */
const said = (kind: string, { title, text }: { title: string; text: string }) => ({
  ...{
    subject: `${kind}: ${title}`,
    lines: text.split(/\n\s*\n/),
    button: 'Status',
    after: [choose],
  },
})

export const en: MailWords = {
  hello: 'Hello,',
  foot: (platform) => `${platform} sent this mail because of your account there.`,
  orCopy: 'Or copy this address into your browser:',
  say: {
    verify: () => ({
      subject: 'Confirm your e-mail address',
      lines: ['Confirm that this address is yours. Calls are accepted from then on.'],
      button: 'Confirm the address',
      after: ['The link works once, for 24 hours.', ignore],
    }),
    already_registered: () => ({
      subject: 'You are registered already',
      lines: [
        'Someone, probably you, tried to use this address. It has a user already: log in, or set a new password there.',
      ],
      button: 'Log in',
      after: [ignore],
    }),
    reset: () => ({
      subject: 'Set a new password',
      lines: ['Someone, probably you, asked for a new password.'],
      button: 'Set a new password',
      after: ['The link works once, for one hour. All sessions will end.', ignore],
    }),
    change_address: () => ({
      subject: 'Confirm your new e-mail address',
      lines: ['Confirm that this is your new address.'],
      button: 'Confirm the new address',
      after: ['The link works once, for 24 hours.', ignore],
    }),
    address_changed: ({ newAddress }) => ({
      subject: 'Your e-mail address was changed',
      lines: [
        `Your address is now ${newAddress}. This one is no longer used.`,
        'If this was not you, contact support at once.',
      ],
    }),
    password_changed: () => ({
      subject: 'Your password was changed',
      lines: [
        'Your password was changed. Other sessions have ended.',
        'If this was not you, set a new password at once.',
      ],
    }),
    new_login: ({ agent, address, at }) => ({
      subject: 'A log-in from somewhere new',
      lines: [
        `You logged in at ${time(at)} from ${address}${agent ? `, with ${agent}` : ''}.`,
        notYou,
      ],
    }),
    second_factor_on: () => ({
      subject: 'Your second factor is on',
      lines: ['From now on a code is asked for when you log in.', notYou],
    }),
    second_factor_off: () => ({
      subject: 'Your second factor is off',
      lines: ['Your password alone is enough to log in now.', notYou],
    }),
    recovery_code_used: () => ({
      subject: 'A recovery code was used',
      lines: ['One of your recovery codes was used. It does not work again.', notYou],
    }),
    login_linked: ({ provider }) => ({
      subject: `Log-in with ${provider} was linked`,
      lines: [`You can now log in with ${provider}.`, notYou],
    }),
    login_unlinked: ({ provider }) => ({
      subject: `Log-in with ${provider} was removed`,
      lines: [`${provider} no longer logs you in.`, notYou],
    }),
    passkey_added: ({ name }) => ({
      subject: 'A passkey was added',
      lines: [`The passkey “${name}” can now log you in.`, notYou],
    }),
    passkey_removed: ({ name }) => ({
      subject: 'A passkey was removed',
      lines: [`The passkey “${name}” no longer logs you in.`, notYou],
    }),
    key_created: ({ keyName, suffix, accountName }) => ({
      subject: 'An API key was created',
      lines: [
        `The key “${keyName}” (sk-kk-…${suffix}) was created in ${accountName}.`,
        'If nobody of your account did this, revoke it in the dashboard.',
      ],
    }),
    invitation: ({ accountName, inviter, role }) => ({
      subject: `${inviter} invites you to ${accountName}`,
      lines: [`${inviter} invites you to the account ${accountName}, as ${role}.`],
      button: 'Look at the invitation',
      after: ['The link works once, for seven days, for this address.'],
    }),
    account_suspended: ({ accountName, reason }) => ({
      subject: `The account ${accountName} is suspended`,
      lines: [
        `Calls of ${accountName} are refused. The reason: ${reason}`,
        'Its balance remains. Contact support.',
      ],
    }),
    account_reinstated: ({ accountName, reason }) => ({
      subject: `The account ${accountName} works again`,
      lines: [`Calls of ${accountName} are accepted again. The reason: ${reason}`],
    }),
    account_closed: ({ accountName, refund }) => ({
      subject: `The account ${accountName} is closed`,
      lines: [
        'Its keys no longer work and its personal data was removed. Billing records are kept as the law requires.',
        ...(refund ? [`A refund of ${refund} USD was requested. We will write to you.`] : []),
      ],
    }),
    account_terminated: ({ accountName, reason, refund }) => ({
      subject: `The account ${accountName} was terminated`,
      lines: [
        `We have ended ${accountName}. The reason: ${reason}`,
        'Its keys no longer work and its personal data was removed. Billing records are kept as the law requires.',
        ...(refund ? [`${refund} USD are to be paid back. We will write to you.`] : []),
      ],
    }),
    user_suspended: ({ reason }, platform) => ({
      subject: `Your log-in to ${platform} is suspended`,
      lines: [`You cannot log in until this is settled. The reason: ${reason}`, 'Contact support.'],
    }),
    user_reinstated: ({ reason }, platform) => ({
      subject: `Your log-in to ${platform} works again`,
      lines: [`You can log in again. The reason: ${reason}`],
    }),
    terms_changed: ({ title, summary, effectiveAt }, platform) => ({
      subject: `${title} of ${platform} change`,
      lines: [
        `A new version takes effect at ${time(effectiveAt)}.`,
        summary,
        'From then on calls need it to be accepted.',
      ],
      button: 'Read and accept',
    }),
    low_balance: ({ accountName, balance, days, test }) => ({
      subject: `${test ? '[Test] ' : ''}The balance of ${accountName} is low`,
      lines: [
        ...(test ? ['This is a test, sent from the billing page. Nothing is low.'] : []),
        `The balance is ${balance} USD. When it is used up, calls are refused.`,
        ...(days === null ? [] : [`At the pace of the last week that lasts ${daysTold(days)}.`]),
      ],
      button: 'Look at the balance',
      after: [choose],
    }),
    credit_expires: ({ accountName, amount, at }) => ({
      subject: `Credit of ${accountName} expires soon`,
      lines: [
        `${amount} USD of promotional credit is left that expires within a week, the first of it at ${time(at)}. Calls use it before all other credit.`,
      ],
      button: 'Look at the balance',
      after: [choose],
    }),
    key_budget: ({ keyName, percent, limit }) => ({
      subject:
        percent === 100
          ? `The key “${keyName}” reached its limit`
          : `The key “${keyName}” has used 80 % of its limit`,
      lines: [
        `Its limit is ${limit} USD.`,
        ...(percent === 100 ? ['Its calls are refused until the limit is raised or resets.'] : []),
      ],
      button: 'Look at the key',
      after: [choose],
    }),
    ...modelsEn,
    announcement: (letter) => said('Announcement', letter),
    maintenance: (letter) => said('Maintenance', letter),
    topup_paid: ({ accountName, credit, total }) => ({
      subject: `${credit} USD of credit for ${accountName}`,
      lines: [`We received ${total}. ${accountName} has ${credit} USD more credit.`],
      button: 'Look at the order and its receipt',
    }),
    topup_failed: ({ accountName, credit, total }) => ({
      subject: `A payment for ${accountName} failed`,
      lines: [
        `The payment of ${total} for ${credit} USD of credit did not go through. Nothing was credited.`,
        'Pay again in another way, or ask your bank.',
      ],
      button: 'Pay again',
    }),
    dispute_opened: ({ accountName, amount }) => ({
      subject: `A payment for ${accountName} was disputed`,
      lines: [
        `The payer had a payment taken back by the bank. ${amount} USD of credit were debited, and calls of ${accountName} are refused until it is decided.`,
        'If that was by mistake, withdraw the dispute at your bank and contact support.',
      ],
      button: 'Look at the payment',
    }),
    dispute_closed: ({ accountName, amount, won }) => ({
      subject: `The dispute of ${accountName} is decided`,
      lines: [
        won
          ? `The bank left the payment with us: ${amount} USD of credit are back.`
          : `The bank took the payment back: ${amount} USD of credit stay debited, and ${accountName} stays suspended. Contact support.`,
      ],
      button: 'Look at the payment',
    }),
    ...rechargeEn,
    refund_asked: ({ accountName, amount }) => ({
      subject: `A refund for ${accountName} was asked for`,
      lines: [
        `A refund of ${amount} USD of credit of ${accountName} was asked for. It is set aside and cannot be spent. We decide within 14 days.`,
        'If nobody of your account did this, withdraw it: on the billing page, “Refund” beside that top-up. Then contact support.',
      ],
      button: 'Look at the refund',
    }),
    refund_approved: ({ accountName, amount, total, reason }) => ({
      subject: `The refund for ${accountName} is approved`,
      lines: [
        `${amount} USD of credit go back: ${total} will be paid the way that you paid.`,
        ...(reason === '' ? [] : [reason]),
      ],
      button: 'Look at the refund',
    }),
    refund_paid: ({ accountName, amount, total }) => ({
      subject: `The refund for ${accountName} is paid`,
      lines: [
        `${total} were paid back for ${amount} USD of credit. Until your bank shows it, some days may pass.`,
      ],
      button: 'Look at the refund',
    }),
    refund_refused: ({ accountName, amount, reason }) => ({
      subject: `The refund for ${accountName} is refused`,
      lines: [
        `The refund of ${amount} USD of credit of ${accountName} is refused. The reason: ${reason}`,
        'What was set aside is back in the balance.',
      ],
      button: 'Look at the refund',
    }),
  },
}
