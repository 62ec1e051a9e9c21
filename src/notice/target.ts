/**
 * Where a customer lets us call: her public server, never ours or our network's. The name is resolved by us, every address
 * it has is checked, and the call goes to one that was, so that a name which changes its address gains nothing. Redirects
 * are not followed, and of the answer only the status is read.
 */
import { lookup } from 'node:dns/promises'
import { isPrivateHost } from '../base/address.ts'
import { AppError } from '../base/error.ts'

const timeoutMs = 15_000
const longestUrl = 1_000

/** Refuses with `invalid_request`. `allowPrivate` lets private addresses and http:// pass. */
export function readTarget(text: string, allowPrivate: boolean): URL {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol) || url.href.length > longestUrl) {
    throw invalid('Write an address such as https://example.com/hook.')
  }
  if (url.username !== '' || url.password !== '') throw invalid('Without a user and password.')
  if (!allowPrivate && url.protocol !== 'https:') throw invalid('It must begin with https://.')
  if (!allowPrivate && isPrivateHost(url.hostname)) throw invalid('It must be a public address.')
  url.hash = ''
  return url
}

const invalid = (message: string) => new AppError('invalid_request', { param: 'url', message })

export interface Answer {
  status: number | null
  /** Null when it was taken. */
  error: string | null
  /** Another try would end the same. */
  final: boolean
}

interface Post {
  headers: Record<string, string>
  body: string
}
export interface Way {
  allowPrivate: boolean
  /** All addresses of a name. */
  resolve?: (hostname: string) => Promise<string[]>
}

export async function post(target: string, { headers, body }: Post, way: Way): Promise<Answer> {
  const { allowPrivate, resolve = addressesOf } = way
  const url = new URL(target)
  try {
    const addresses = await resolve(url.hostname.replace(/^\[|\]$/g, ''))
    if (!allowPrivate && (url.protocol !== 'https:' || addresses.some(isPrivateHost))) {
      return { status: null, error: 'not a public address', final: true }
    }
    const [address = ''] = addresses
    const line = new URL(url)
    line.hostname = address.includes(':') ? `[${address}]` : address
    const response = await fetch(line, {
      ...{ method: 'POST', body, redirect: 'manual', keepalive: false },
      headers: { ...headers, host: url.host, 'content-type': 'application/json' },
      tls: { serverName: url.hostname },
      signal: AbortSignal.timeout(timeoutMs),
    })
    await response.body?.cancel()
    return judge(response.status)
  } catch (cause) {
    return { status: null, error: `no answer: ${(cause as Error).message}`, final: false }
  }
}

/** 410 asks for no more. */
function judge(status: number): Answer {
  if (status >= 200 && status < 300) return { status, error: null, final: false }
  if (status < 400) return { status, error: 'redirects are not followed', final: true }
  return { status, error: `answered ${status}`, final: status === 410 }
}

async function addressesOf(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address)
}
