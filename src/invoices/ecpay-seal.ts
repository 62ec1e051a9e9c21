/**
 * How ECPay's JSON services wrap what is said: JSON, encoded as a URL, AES-128-CBC under the merchant's key, base64
 * (https://developers.ecpay.com.tw/?p=7809, appendix on encryption). The cipher is not authenticated: what comes out is
 * believed only as far as TLS and the checks of its reader go.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { isObject, type JsonObject } from '../base/json.ts'

export interface SealKeys {
  hashKey: string
  hashIv: string
}

export function seal(data: JsonObject, { hashKey, hashIv }: SealKeys): string {
  const cipher = createCipheriv('aes-128-cbc', hashKey, hashIv)
  return cipher.update(encode(JSON.stringify(data)), 'utf8', 'base64') + cipher.final('base64')
}

/** Null for what was not sealed with these keys. */
export function unseal(sealed: string, { hashKey, hashIv }: SealKeys): JsonObject | null {
  try {
    const decipher = createDecipheriv('aes-128-cbc', hashKey, hashIv)
    const encoded = decipher.update(sealed, 'base64', 'utf8') + decipher.final('utf8')
    const data: unknown = JSON.parse(decodeURIComponent(encoded.replaceAll('+', '%20')))
    return isObject(data) ? data : null
  } catch {
    return null
  }
}

/** As PHP's `urlencode`: only letters, digits and -_. stay, a space is a plus. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll('%20', '+')
    .replace(/[!'()*~]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}
