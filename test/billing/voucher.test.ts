/** Vouchers: what a code looks like, who may redeem it, and that 500 who try at once make one credit. */
import { beforeEach, describe, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import fc from 'fast-check'
import { AppError } from '../../src/base/error.ts'
import { hashCode, newCode, redeemVoucher } from '../../src/billing/voucher.ts'
import {
  createBatch,
  disableBatch,
  listBatches,
  readBatch,
} from '../../src/billing/voucher-batch.ts'
import { readLots } from '../../src/ledger/lot.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { voucher } from '../../src/store/credit.ts'
import { account } from '../../src/store/schema.ts'
import { databases } from '../helpers/database.ts'
import { newTeam, openPeople, type TestPeople } from '../helpers/people.ts'

const usd = 1_000_000_000n
const dayMs = 24 * 60 * 60_000

describe('a code', () => {
  test('is 16 digits without look-alikes, in fours', () => {
    for (let made = 0; made < 200; made++) {
      expect(newCode()).toMatch(/^KK(-[0-9A-HJKMNP-TV-Z]{4}){4}$/)
    }
    expect(new Set(Array.from({ length: 2000 }, newCode)).size).toBe(2000)
  })

  test.each([
    ['as it is printed', 'KK-7H2K-01AB-CDEF-GHJK'],
    ['in small letters', 'kk-7h2k-01ab-cdef-ghjk'],
    ['without dashes', 'KK7H2K01ABCDEFGHJK'],
    ['without its KK', '7H2K 01AB CDEF GHJK'],
    ['with look-alikes', 'KK-7H2K-OlAB-CDEF-GHJK'],
    ['with spaces and other dashes', '  KK – 7H2K — 01AB−CDEF\tGHJK\n'.replace('−', '‑')],
    ['in full width', 'ＫＫ－７Ｈ２Ｋ－０１ＡＢ－ＣＤＥＦ－ＧＨＪＫ'],
  ])('is the same %s', (_, typed) => {
    expect(hashCode(typed)).toBe(hashCode('KK-7H2K-01AB-CDEF-GHJK')!)
    expect(hashCode(typed)).toMatch(/^[0-9a-f]{64}$/)
  })

  test.each([
    ['nothing', ''],
    ['a digit short', 'KK-7H2K-01AB-CDEF-GHJ'],
    ['a digit long', 'KK-7H2K-01AB-CDEF-GHJKM'],
    ['with a letter that is no digit', 'KK-7H2K-01AB-CDEF-GHJU'],
    ['with a sign', 'KK-7H2K-01AB-CDEF-GHJ!'],
  ])('is none: %s', (_, typed) => {
    expect(hashCode(typed)).toBeNull()
  })

  test('whatever is typed is read or refused, never more', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (typed) => {
        expect(hashCode(typed) ?? 'a'.repeat(64)).toHaveLength(64)
      }),
    )
  })
})

describe.each(databases)('on %s', (_, open) => {
  let people: TestPeople
  beforeEach(async () => {
    people = await openPeople(await open())
    await newTeam(people, 'acme', { ann: 'owner' })
    await newTeam(people, 'beta', { bob: 'owner' })
  })

  const batch = (more: Partial<Parameters<typeof createBatch>[1]> = {}) =>
    createBatch(people, {
      ...{ name: 'Spring', credit: 5n * usd, count: 3, perAccount: 1 },
      ...{ expiresAt: null, creditDays: null, createdBy: 'ann', ...more },
    })
  const redeem = (accountId: string, code: string | undefined) =>
    redeemVoucher(people, { accountId, userId: 'ann', code: code ?? '' })
  /** `redeemed`, or the words of the refusal. */
  const outcome = (work: Promise<unknown>) =>
    work.then(
      () => 'redeemed',
      (cause) => {
        if (cause instanceof AppError && cause.code === 'invalid_voucher') return cause.message
        throw cause
      },
    )
  const balances = async () => {
    const rows = await people.store.db.select().from(account)
    return rows.filter(({ kind }) => kind !== 'house').map(({ creditsPosted }) => creditsPosted)
  }
  const clean = async () => (await verifyLedger(people.store)).checks.filter(({ ok }) => !ok)

  test('a code is promotional credit at once, which lasts as long as its batch says', async () => {
    const { codes } = await batch({ creditDays: 30 })
    const expiresAt = people.clock.now() + 30 * dayMs
    expect(await redeem('acme', codes[0]?.toLowerCase())).toEqual({ credit: 5n * usd, expiresAt })
    expect(await readLots(people.store, 'acme')).toMatchObject([
      {
        kind: 'promotional',
        amount: 5n * usd,
        spent: 0n,
        expiresAt,
        code: 'voucher',
        reason: 'Spring',
      },
    ])
    expect(await clean()).toEqual([])
  })

  test('codes are kept nowhere', async () => {
    const { id, codes } = await batch()
    const kept = JSON.stringify(await people.store.db.select().from(voucher))
    for (const code of codes) expect(kept).not.toContain(code.replaceAll('-', '').slice(2))
    expect(await readBatch(people.store, id)).toMatchObject({ count: 3, redeemed: 0, vouchers: [] })
  })

  test('each refusal says why, and books nothing', async () => {
    const { codes: one } = await batch({ count: 1 })
    const { codes: brief } = await batch({ expiresAt: people.clock.now() + dayMs })
    const { id, codes: ended } = await batch()
    const { codes: two } = await batch({ perAccount: 1 })
    await redeem('acme', one[0])
    await redeem('acme', two[0])
    await disableBatch(people, id)
    people.clock.move(dayMs)
    expect(await outcome(redeem('beta', newCode()))).toContain('no such voucher')
    expect(await outcome(redeem('beta', 'KK'))).toContain('no such voucher')
    expect(await outcome(redeem('beta', one[0]))).toContain('was used already')
    expect(await outcome(redeem('acme', one[0]))).toContain(
      'has redeemed this voucher code already',
    )
    expect(await outcome(redeem('beta', brief[0]))).toContain('has expired')
    expect(await outcome(redeem('beta', ended[0]))).toContain('no longer valid')
    expect(await outcome(redeem('acme', two[1]))).toContain('as it may')
    expect(await outcome(redeem('beta', two[1]))).toBe('redeemed')
    expect((await balances()).toSorted()).toEqual([10n * usd, 5n * usd])
  })

  test('of 500 who try one code at once, one has it', async () => {
    const { id, codes } = await batch({ count: 1, perAccount: 500 })
    const all = await Promise.all(
      Array.from({ length: 500 }, (_, at) => outcome(redeem(at % 2 ? 'acme' : 'beta', codes[0]))),
    )
    expect(all.filter((one) => one === 'redeemed')).toHaveLength(1)
    expect((await balances()).reduce((sum, one) => sum + one, 0n)).toBe(5n * usd)
    expect(await readBatch(people.store, id)).toMatchObject({ redeemed: 1 })
    expect(await clean()).toEqual([])
  }, 60_000)

  test('an account that tries all codes of a batch at once has as many as it may', async () => {
    const { id, codes } = await batch({ count: 60, perAccount: 3 })
    const all = await Promise.all(codes.map((code) => outcome(redeem('acme', code))))
    expect(all.filter((one) => one === 'redeemed')).toHaveLength(3)
    expect((await balances()).toSorted()).toEqual([0n, 15n * usd])
    const rows = await people.store.db.select().from(voucher).where(eq(voucher.accountId, 'acme'))
    expect(rows.map(({ nth }) => nth).toSorted()).toEqual([1, 2, 3])
    const { vouchers } = await readBatch(people.store, id)
    expect(vouchers.map((one) => one.account)).toEqual(['acme', 'acme', 'acme'])
  })

  test('a large batch is made whole, and batches are listed by pages', async () => {
    const { codes } = await batch({ count: 2500 })
    expect(new Set(codes).size).toBe(2500)
    people.clock.move(1)
    const { id } = await batch({ name: 'Later' })
    const first = await listBatches(people.store, { limit: 1 })
    expect(first).toMatchObject({ data: [{ id, name: 'Later', credit: '5.00' }], next: id })
    const rest = await listBatches(people.store, { limit: 1, after: id })
    expect(rest).toMatchObject({ data: [{ count: 2500, redeemed: 0 }], next: null })
  })

  test('a batch that is not there is not found', async () => {
    for (const work of [() => readBatch(people.store, 'x'), () => disableBatch(people, 'x')]) {
      const code = await work().catch((cause) => cause.code)
      expect(code).toBe('not_found')
    }
  })
})
