/** CheckMacValue, byte for byte as ECPay published it, and nothing that is a bit different. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { isSigned, macOf, readForm, sign } from '../../src/processors/ecpay-mac.ts'

/** Two of ECPay's public test merchants. */
const keys = {
  '2000132': { hashKey: '5294y06JbISpM5x9', hashIv: 'v77hoKGq4kWxNNIS' },
  '3002607': { hashKey: 'pwFHCqoQZGmho4w6', hashIv: 'EkRm7iFT261dpevs' },
}
const order = {
  ...{ TradeDesc: '促銷方案', PaymentType: 'aio', ChoosePayment: 'ALL', EncryptType: '1' },
  ReturnURL: 'https://www.ecpay.com.tw/receive.php',
}

describe('the published examples', () => {
  test.each([
    [
      'the specification, https://developers.ecpay.com.tw/?p=2902',
      {
        ...{ ...order, MerchantID: '3002607', MerchantTradeNo: 'ecpay20230312153023' },
        ...{ MerchantTradeDate: '2023/03/12 15:30:23', TotalAmount: '30000' },
        ItemName: 'Apple iphone 15',
      },
      '6C51C9E6888DE861FD62FB1DD17029FC742634498FD813DC43D4243B5685B840',
    ],
    [
      'the specification in its edition for the merchant 2000132',
      {
        ...{ ...order, MerchantID: '2000132', MerchantTradeNo: 'ecpay20130312153023' },
        ...{ MerchantTradeDate: '2013/03/12 15:30:23', TotalAmount: '1000' },
        ItemName: 'Apple iphone 7 手機殼',
      },
      'CFA9BDE377361FBDD8F160274930E815D1A8A2E3E80CE7D404C45FC9A0A1E407',
    ],
    // ECPay's public repository ECPay-API-Skill, test-vectors/checkmacvalue.json:
    [
      'a form with Chinese',
      {
        ...{ MerchantID: '3002607', MerchantTradeNo: 'Test1234567890', PaymentType: 'aio' },
        ...{ MerchantTradeDate: '2025/01/01 12:00:00', TotalAmount: '100', TradeDesc: '測試' },
        ...{ ItemName: '測試商品', ReturnURL: 'https://example.com/notify' },
        ...{ ChoosePayment: 'ALL', EncryptType: '1' },
      },
      '291CBA324D31FB5A4BBBFDF2CFE5D32598524753AFD4959C3BF590C5B2F57FB2',
    ],
    [
      'an apostrophe',
      { MerchantID: '3002607', ItemName: "Tom's Shop", TotalAmount: '100' },
      'CF0A3D4901D99459D8641516EC57210700E8A5C9AB26B1D021301E9CB93EF78D',
    ],
    [
      'a tilde',
      { MerchantID: '3002607', ItemName: 'Test~Product', TotalAmount: '200' },
      'CEEAE01D2F9A8E74D4AC0DCE7735B046D73F35A5EC99558A31A2EE03159DA1C9',
    ],
    [
      'spaces',
      { MerchantID: '3002607', ItemName: 'My Test Product', TotalAmount: '300' },
      '7712A5E6EDC3B57086063C88568084C66CE882A21D40E74DE5ACA3B478C6F316',
    ],
    [
      // Not a specification, but what ECPay's stage really sent, as a public client's test kept it (fall1600/ecpay).
      'a callback of a paid card',
      {
        ...{ CustomField1: 'abc', CustomField2: 'def', CustomField3: 'fff', CustomField4: '' },
        ...{ MerchantID: '2000132', MerchantTradeNo: '1589634536', StoreID: '' },
        ...{ PaymentDate: '2020/05/16 21:09:36', PaymentType: 'Credit_CreditCard' },
        ...{ PaymentTypeChargeFee: '20', RtnCode: '1', RtnMsg: '交易成功', SimulatePaid: '0' },
        ...{ TradeAmt: '1000', TradeDate: '2020/05/16 21:08:56', TradeNo: '2005162108564884' },
      },
      '1FE882456C87E84D69CD9386B886E70BAD482513D0742D828AE724AEEA4AACFA',
    ],
  ])('%s', (_, fields, mac) => {
    const key = keys[fields.MerchantID as keyof typeof keys]
    expect(macOf(fields, key)).toBe(mac)
    expect(isSigned({ ...fields, CheckMacValue: mac }, key)).toBe(true)
  })
})

const text = fc.string({ unit: 'grapheme', maxLength: 12 })
const names = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/)
const fields = fc.dictionary(names, text, { minKeys: 1 })
const key = keys['3002607']

describe('a signature', () => {
  test('survives the way through a form', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const sent = new URLSearchParams(sign(given, key)).toString()
        expect(isSigned(readForm(sent) ?? {}, key)).toBe(true)
      }),
    )
  })

  test('does not depend on the order of the fields', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const turned = Object.fromEntries(Object.entries(given).reverse())
        expect(macOf(turned, key)).toBe(macOf(given, key))
      }),
    )
  })

  test.each([
    ['is missing', { TradeAmt: '100' }],
    ['is empty', { ...sign({ TradeAmt: '100' }, key), CheckMacValue: '' }],
    ['is of another amount', { ...sign({ TradeAmt: '100' }, key), TradeAmt: '101' }],
    ['is of fewer fields', { ...sign({ TradeAmt: '100' }, key), RtnCode: '1' }],
    ['is of another merchant', sign({ TradeAmt: '100' }, keys['2000132'])],
    ['is made with empty secrets', sign({ TradeAmt: '100' }, { hashKey: '', hashIv: '' })],
    ['is longer', { ...sign({ TradeAmt: '100' }, key), CheckMacValue: '0'.repeat(65) }],
  ])('that %s is none', (_, given: Record<string, string>) => {
    expect(isSigned(given, key)).toBe(false)
  })

  test('in lower case is one all the same', () => {
    const signed = sign({ TradeAmt: '100' }, key)
    const lower = { ...signed, CheckMacValue: signed.CheckMacValue?.toLowerCase() ?? '' }
    expect(isSigned(lower, key)).toBe(true)
  })
})

test.each([
  ['TradeAmt=100&RtnMsg=%E4%BA%A4+a', { TradeAmt: '100', RtnMsg: '交 a' }],
  ['', {}],
  ['__proto__=x&a=1', { ['__proto__']: 'x', a: '1' }],
  ['TradeAmt=100&TradeAmt=1', null],
])('the form %s is read as %j', (body, read) => {
  expect(readForm(body)).toEqual(read)
})
