/** What a mail says: every kind, in both languages, with nothing of what a person wrote read as anything but text. */
import { describe, expect, test } from 'bun:test'
import type { Letter, LetterBody } from '../../src/mail/letter.ts'
import { renderLetter } from '../../src/mail/render.ts'
import { languages, letters } from './letters.ts'

const brand = { platform: 'AI', publicUrl: 'https://ai.example.com' }
const render = (body: LetterBody, language: Letter['language'] = 'en', platform = 'AI') =>
  renderLetter({ ...body, to: 'ann@example.com', language }, { ...brand, platform })

/** Names of something, not words. */
const names = ['kind', 'path', 'why']

/** What it was given in words, without what stands in no text. */
const factsOf = (facts: LetterBody) =>
  Object.entries(facts).flatMap(([name, fact]) =>
    typeof fact === 'string' && !names.includes(name) ? [fact] : [],
  )

describe.each(languages)('in %s', (language) => {
  test.each(letters)('$kind says all that it was given, as text and as HTML', (letter) => {
    const { subject, text, html } = render(letter, language)
    expect(subject).not.toBe('')
    for (const fact of factsOf(letter)) {
      expect(subject + text).toContain(fact)
      expect(subject + html).toContain(fact)
    }
    expect(html).toStartWith(`<!doctype html><html lang="${language}">`)
    expect(subject + text + html).not.toMatch(/undefined|null|\[object/)
    if ('path' in letter) {
      expect(text).toContain(`\nhttps://ai.example.com${letter.path}\n`)
      expect(html).toContain(`href="https://ai.example.com${letter.path}"`)
    } else expect(html).not.toContain('href')
  })
})

test.each(letters)('$kind is Chinese where Chinese was asked for', (letter) => {
  const { subject, text } = render(letter, 'zh-TW')
  expect(subject).toMatch(/\p{Script=Han}/u)
  expect(text).toMatch(/\p{Script=Han}/u)
  expect(render(letter, 'en').text).not.toMatch(/\p{Script=Han}/u)
})

const nasty = 'Eve\r\nBcc: eve@example.com\u0000<img src=x onerror="a()">&amp;'

test.each(letters)('$kind takes no markup and no header from a name', (letter) => {
  const written = Object.fromEntries(
    Object.entries(letter).map(([name, fact]) => [
      name,
      typeof fact === 'string' && !names.includes(name) ? nasty : fact,
    ]),
  ) as LetterBody
  for (const language of languages) {
    const { subject, html } = render(written, language, nasty)
    expect(subject).not.toMatch(/\p{Cc}/u)
    expect(html).not.toContain('<img')
    expect(html).toContain('&lt;img src=x onerror=')
  }
})

test('a mail begins its links with the platform’s address, whatever its path holds', () => {
  const { html } = render({ kind: 'verify', path: '/verify?token="><script>' })
  expect(html).toContain('href="https://ai.example.com/verify?token=&quot;>&lt;script>"')
})

test.each([
  [80, 'The key “Bot” has used 80 % of its limit'],
  [100, 'The key “Bot” reached its limit'],
] as const)('at %d % of a limit the subject says so', (percent, expected) => {
  const letter = { kind: 'key_budget', path: '/', keyName: 'Bot', percent, limit: '10.00' } as const
  expect(render(letter).subject).toBe(expected)
})

test('a refund of a closed account leads to no page', () => {
  const refund = { accountName: 'Acme', amount: '5.00', total: '5.00 USD' }
  expect(render({ kind: 'refund_paid', path: null, ...refund }).html).not.toContain('href')
})

test('who gets nothing back is not told of a refund', () => {
  const letter = { kind: 'account_closed', accountName: 'Acme', refund: null } as const
  expect(render(letter).text).not.toContain('refund')
})
