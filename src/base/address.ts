/**
 * Internet addresses and ranges of them, as 128-bit numbers: IPv4 lives in ::ffff:0:0/96, so that a v4 address and its
 * v4-mapped form are the same one. Anything that is not an address or a range reads as null.
 */
export interface Range {
  first: bigint
  last: bigint
}

const v4Base = 0xffff_0000_0000n

export function parseAddress(text: string): bigint | null {
  if (!text.includes(':')) {
    const value = parseV4(text)
    return value === null ? null : v4Base + value
  }
  return parseV6(text)
}

function parseV4(text: string): bigint | null {
  const parts = text.split('.')
  const plain =
    parts.length === 4 &&
    parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)
  return plain ? parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n) : null
}

function parseV6(text: string): bigint | null {
  const tail = text.slice(text.lastIndexOf(':') + 1)
  const v4 = tail.includes('.') ? parseV4(tail) : 0n
  if (v4 === null) return null
  const hex = tail.includes('.')
    ? text.slice(0, -tail.length) +
      [v4 >> 16n, v4 & 0xffffn].map((half) => half.toString(16)).join(':')
    : text
  const sides = hex.split('::')
  if (sides.length > 2) return null
  const [left = [], right = []] = sides.map((side) => (side === '' ? [] : side.split(':')))
  const missing = 8 - left.length - right.length
  if (sides.length === 2 ? missing < 1 : missing !== 0) return null
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right]
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return null
  return groups.reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n)
}

/** An address or a CIDR range: `10.0.0.0/8`, `2001:db8::/32`, `192.0.2.7`. */
export function parseRange(text: string): Range | null {
  const [, host = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const address = parseAddress(host)
  if (address === null) return null
  const width = host.includes(':') ? 128 : 32
  const kept = bits === undefined ? width : Number(bits)
  if (kept > width) return null
  const size = 1n << BigInt(width - kept)
  const first = (address / size) * size
  return { first, last: first + size - 1n }
}

/** Whether one of the ranges holds the address; what cannot be read holds nothing. */
export function isWithin(address: string, ranges: readonly string[]): boolean {
  const value = parseAddress(address)
  if (value === null) return false
  return ranges.some((text) => {
    const range = parseRange(text)
    return range !== null && range.first <= value && value <= range.last
  })
}

const privateRanges = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.168.0.0/16', '198.18.0.0/15', '224.0.0.0/3'],
  ...['::/128', '::1/128', '64:ff9b:1::/48', 'fc00::/7', 'fe80::/10', 'ff00::/8'],
]

/**
 * Whether a URL's host is this machine or a private network by its own words. A name that only resolves to one is not
 * seen here. `hostname` as `URL` gives it: it has made decimal and octal forms plain already.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (parseAddress(host) !== null) return isWithin(host, privateRanges)
  return !host.includes('.') || /\.(localhost|local|internal|home\.arpa|lan)$/.test(host)
}
