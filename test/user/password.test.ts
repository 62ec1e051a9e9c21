/** Which passwords are taken, and that a wrong one costs as much as none. */
import { expect, spyOn, test } from 'bun:test'
import { checkPassword, hashPassword, verifyPassword } from '../../src/user/password.ts'

test.each(['correct horse battery', '密碼密碼密碼很長很長', 'x'.repeat(10) + 'yz'.repeat(95)])(
  '%s is taken',
  (given) => {
    expect(() => checkPassword(given, 'ann@example.com')).not.toThrow()
  },
)

test.each([
  ...['ninechars', 'x9'.repeat(101), 'password123', 'Passw0rd!!', '1234567890', 'qwertyuiop'],
  ...['kkcompany!', 'KKCompany2026', 'kkai123456', 'AIplatform1'],
  ...[
    'aaaaaaaaaaaa',
    'abababababab',
    'iloveyou123',
    'Ann.Annsdottir',
    'ann.annsdottir@example.com',
  ],
])('%s is refused', (given) => {
  expect(() => checkPassword(given, 'ann.annsdottir@example.com')).toThrow('at least 10 characters')
})

test('one way of writing a character is as good as another', async () => {
  const hash = await hashPassword('caf\u00e9 au lait')
  expect(hash).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
  expect(await verifyPassword('cafe\u0301 au lait', hash)).toBe(true)
  expect(await verifyPassword('cafe au lait', hash)).toBe(false)
})

test('who has no password is refused after as much work as who mistyped', async () => {
  const hash = await hashPassword('correct horse battery')
  await verifyPassword('the first', null)
  const work = spyOn(Bun.password, 'verify')
  try {
    expect(await verifyPassword('mistyped', hash)).toBe(false)
    expect(await verifyPassword('nobody has this password', null)).toBe(false)
    const costs = work.mock.calls.map(([, against]) => String(against).split('$').slice(0, 4))
    expect(costs).toHaveLength(2)
    expect(costs[0]).toEqual(costs[1] ?? [])
  } finally {
    work.mockRestore()
  }
})
