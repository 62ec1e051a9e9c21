/** What a new version of a document changed: shown by words, and nothing lost of either text [T0.2]. */
import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Change, diffTexts } from '../../../web/parts/diff.ts'

const written = (changes: readonly Change[]) =>
  changes
    .map(({ kind, text }) => ({ same: text, added: `[+${text}]`, removed: `[-${text}]` })[kind])
    .join('')

test.each([
  [
    'a word',
    'We tell you by mail.\n',
    'We tell you by post.\n',
    'We tell you by [-mail.][+post.]\n',
  ],
  [
    'a character where words have no blanks',
    '我們寄信通知您\n',
    '我們寄函通知您\n',
    '我們寄[-信][+函]通知您\n',
  ],
  ['a line more', 'One.\n', 'One.\nTwo.\n', 'One.\n[+Two.\n]'],
  ['a line less', 'One.\nTwo.\n', 'Two.\n', '[-One.\n]Two.\n'],
  ['nothing', 'One.\n', 'One.\n', 'One.\n'],
  ['all of it', '', 'One.\n', '[+One.\n]'],
])('it shows that %s changed', (_, before, after, shown) => {
  expect(written(diffTexts(before, after))).toBe(shown)
})

test('without what was added it is the old text, without what was removed the new one', () => {
  const text = fc
    .array(fc.constantFrom('a ', 'b', '\n', '條', 'c d\n', ''))
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const changes = diffTexts(before, after)
      const without = (kind: Change['kind']) =>
        changes
          .filter((change) => change.kind !== kind)
          .map((change) => change.text)
          .join('')
      expect([without('added'), without('removed')]).toEqual([before, after])
    }),
  )
})
