/** The client of Stripe. Embedded as a plain module and loaded with the first payment: most of the package is never used. */
import Stripe from 'stripe'

const timeoutMs = 20_000

export interface ClientOptions {
  secretKey: string
  url: string
  /** The connected account that is acted for. */
  account: string | null
}

export function openClient({ secretKey, url, account }: ClientOptions): Stripe {
  const { protocol, hostname, port } = new URL(url)
  const http = protocol === 'http:'
  return new Stripe(secretKey, {
    ...{ protocol: http ? 'http' : 'https', host: hostname, port: port || (http ? 80 : 443) },
    ...{ timeout: timeoutMs, maxNetworkRetries: 1, telemetry: false },
    ...(account !== null && { stripeAccount: account }),
  })
}
