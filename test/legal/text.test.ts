/** The platform's own documents: the same clauses in both languages, with every word that the product keeps. */
import { describe, expect, test } from 'bun:test'
import { documentKinds } from '../../src/legal/document.ts'
import { placeholders } from '../../src/legal/publish.ts'
import { texts } from '../../src/legal/text.ts'

/** The numbers of headings and clauses, in order. */
const numbers = (text: string) =>
  [...text.matchAll(/^(?:## |\*\*)(\d+(?:\.\d+)?)/gm)].map(([, number]) => number)
const names = (text: string) =>
  new Set([...text.matchAll(/\{\{(.*?)\}\}/g)].map(([, name]) => name))

describe.each(documentKinds)('%s', (kind) => {
  const { textEn, textZh } = texts[kind]

  test('has the same clauses in both languages, numbered without a gap', () => {
    expect(numbers(textZh)).toEqual(numbers(textEn))
    const sections = numbers(textEn).filter((number) => !number?.includes('.'))
    expect(sections).toEqual(sections.map((_, at) => String(at + 1)))
    expect(sections.length).toBeGreaterThan(5)
  })

  test('names only what is filled in, alike in both languages', () => {
    expect(names(textZh)).toEqual(names(textEn))
    for (const name of names(textEn)) expect(placeholders).toContain(name as 'platform')
    expect(names(textEn)).toContain('company')
  })
})

// T2.1, T2.2, T3.2, T3.4, T3.5, T3.6, T4.4, T5.2, T6.5, T8.1, T8.3, T12.6: what each must say in either language.
test.each([
  ['2.1', /18 years/, /18 歲/],
  ['2.2', /authority to bind/, /有權使該組織受/],
  ['3.2', /1,000,000 tokens/, /1,000,000 個 token/],
  ['3.4', /negative balance/, /負餘額/],
  ['3.5', /no automatic recharge/, /不會自動儲值/],
  ['3.6', /exclude taxes/, /不含稅/],
  ['4.4', /do not routinely monitor/, /不會例行檢視/],
  ['5.2', /do not train/, /訓練模型/],
  ['6.5', /six months/, /六個月/],
  ['8.1', /closing your account/, /關閉帳號/],
  ['8.3', /billing records/, /帳務紀錄/],
  ['12.6', /e-mail address of your account/, /帳號之電子郵件地址/],
])('clause %s of the terms says what the platform keeps', (number, english, chinese) => {
  const clause = (text: string) =>
    text
      .split('\n')
      .find((line) => line.startsWith(`**${number} `) || line.startsWith(`**${number}*`))
  expect(clause(texts.terms.textEn)).toMatch(english)
  expect(clause(texts.terms.textZh)).toMatch(chinese)
})

// T3.3
test('the terms show how a call is priced as the mission writes it', () => {
  const formula =
    'cost = (prompt_tokens × input_price + completion_tokens × output_price) / 1,000,000'
  expect(texts.terms.textEn).toContain(formula)
})
