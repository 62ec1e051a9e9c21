/** Addresses and ranges: what an operator allows a key from, and what is not the outside world. */
import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { isPrivateHost, isWithin, parseAddress, parseRange } from '../../src/base/address.ts'

test.each([
  ['10.1.2.3', '10.0.0.0/8', true],
  ['11.1.2.3', '10.0.0.0/8', false],
  ['192.0.2.7', '192.0.2.7', true],
  ['192.0.2.8', '192.0.2.7', false],
  ['192.0.2.7', '0.0.0.0/0', true],
  ['::ffff:10.1.2.3', '10.0.0.0/8', true],
  ['10.1.2.3', '::ffff:10.0.0.0/104', true],
  ['2001:db8::1', '2001:db8::/32', true],
  ['2001:db9::1', '2001:db8::/32', false],
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1', true],
  ['10.1.2.3', '::/0', true],
  ['2001:db8::1', '0.0.0.0/0', false],
  ['unix', '0.0.0.0/0', false],
])('%s within %s: %p', (address, range, expected) => {
  expect(isWithin(address, [range])).toBe(expected)
})

test.each([
  ...[
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4.5',
    '::1::',
    '1:2:3:4:5:6:7',
    '12345::',
    ':::',
  ],
  ...[
    '1.2.3.4/33',
    '::1/129',
    '1.2.3.4/',
    '1.2.3.4/8/8',
    '1.2.3.4/-1',
    'localhost',
    '1:2:3:4:5:6:7:8::',
  ],
])('%j is no range', (text) => {
  expect(parseRange(text)).toBeNull()
})

test('a v4 address is its v4-mapped form, whatever the address', () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      expect(parseAddress(address)).not.toBeNull()
      expect(parseAddress(`::ffff:${address}`)).toBe(parseAddress(address))
    }),
  )
})

test('every v6 address is read, and lies in its own ranges', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), (address, bits) => {
      expect(isWithin(address, [`${address}/${bits}`])).toBe(true)
    }),
  )
})

describe('a host of this machine or a private network', () => {
  const host = (url: string) => new URL(url).hostname

  test.each([
    ...[
      'http://127.0.0.1',
      'http://2130706433',
      'http://0x7f.1',
      'http://017700000001',
      'http://localhost',
    ],
    ...[
      'http://0.0.0.0',
      'http://10.0.0.1',
      'http://172.31.255.255',
      'http://192.168.1.1',
      'http://169.254.169.254',
    ],
    ...[
      'http://[::1]',
      'http://[::]',
      'http://[::ffff:127.0.0.1]',
      'http://[fd00::1]',
      'http://[fe80::1]',
    ],
    ...[
      'http://ollama',
      'http://vllm.local',
      'http://api.internal',
      'http://x.localhost',
      'http://localhost.',
    ],
  ])('%s is one', (url) => {
    expect(isPrivateHost(host(url))).toBe(true)
  })

  test.each([
    'https://api.openai.com',
    'http://8.8.8.8',
    'http://172.32.0.1',
    'http://[2606:4700::1111]',
  ])('%s is none', (url) => {
    expect(isPrivateHost(host(url))).toBe(false)
  })
})
