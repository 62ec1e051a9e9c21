/** 統一編號: eight digits, of which the last checks the others. */
import { expect, test } from 'bun:test'
import { isCompanyNumber } from '../../src/invoices/company-number.ts'

// The first four are companies of public record (TSMC, Hon Hai, MediaTek, Green World); the fifth has a seventh digit 7.
test.each(['22099131', '04541302', '84149961', '53538851', '10458575'])('%s is one', (number) => {
  expect(isCompanyNumber(number)).toBe(true)
})

test.each([
  '22099132',
  '00000001',
  '12345678',
  '2209913',
  '220991310',
  '2209913A',
  '',
  '２２０９９１３１',
])('"%s" is none', (number) => {
  expect(isCompanyNumber(number)).toBe(false)
})

test('one digit that is mistyped is found four times in five', () => {
  const valid = '22099131'
  const mistyped = [...valid].flatMap((digit, at) =>
    [...'0123456789']
      .filter((other) => other !== digit)
      .map((other) => `${valid.slice(0, at)}${other}${valid.slice(at + 1)}`),
  )
  const missed = mistyped.filter(isCompanyNumber)
  expect(missed.length).toBeLessThanOrEqual(mistyped.length / 5)
})
