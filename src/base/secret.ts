/**
 * Secrets: made from the system's randomness, kept as SHA-256 when only recognised, sealed with AES-256-GCM when they
 * must be used again. A sealed secret is bound to the row it belongs to, so it cannot be moved to another.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { assert } from './assert.ts'

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const sealVersion = 'v1'

/** `length` characters of base 62, each 5.95 bits, without bias. */
export function randomText(length: number): string {
  let text = ''
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < 248 && text.length < length) text += alphabet[byte % 62]
    }
  }
  return text
}

export function sha256(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex')
}

/** Six characters of base 62 from CRC-32: tells a mistyped or made-up key from a real one without any look-up. */
export function checksum(text: string): string {
  let rest = Bun.hash.crc32(text)
  let sum = ''
  for (let at = 0; at < 6; at++) {
    sum = alphabet[rest % 62] + sum
    rest = Math.floor(rest / 62)
  }
  return sum
}

/** 32 random bytes as hex: what `seal` wants for a key. */
export function newSealingKey(): string {
  return randomBytes(32).toString('hex')
}

/** `sealingKey` is 64 hex digits and lives outside the database; `owner` names the row. */
export function seal(text: string, sealingKey: string, owner: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyBytes(sealingKey), nonce).setAAD(
    Buffer.from(owner),
  )
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return [sealVersion, nonce, cipher.getAuthTag(), sealed]
    .map((part) => (typeof part === 'string' ? part : part.toString('base64url')))
    .join('.')
}

/** Throws when the key or the row is another, or a bit was changed. */
export function unseal(sealed: string, sealingKey: string, owner: string): string {
  const [version, nonce, tag, body] = sealed.split('.')
  assert(version === sealVersion && nonce && tag && body !== undefined, 'not a sealed secret')
  const decipher = createDecipheriv(
    'aes-256-gcm',
    keyBytes(sealingKey),
    Buffer.from(nonce, 'base64url'),
  )
    .setAAD(Buffer.from(owner))
    .setAuthTag(Buffer.from(tag, 'base64url'))
  return decipher.update(Buffer.from(body, 'base64url'), undefined, 'utf8') + decipher.final('utf8')
}

function keyBytes(sealingKey: string): Buffer {
  const bytes = Buffer.from(sealingKey, 'hex')
  assert(bytes.length === 32, 'a sealing key is 32 bytes')
  return bytes
}
