/** Where a request comes from: the connection's address, or what trusted proxies say it is. */
import type { Server } from 'bun'
import { isWithin } from '../base/address.ts'

export type AnyServer = Server<unknown> | null

/** The connection's address; behind proxies that are trusted, the last one in X-Forwarded-For that is not one of them. */
export function clientAddress(
  request: Request,
  server: AnyServer,
  trusted: readonly string[],
): string {
  let address = server?.requestIP(request)?.address ?? ''
  const hops = (request.headers.get('x-forwarded-for') ?? '').split(',').map((hop) => hop.trim())
  while (trusted.length > 0 && isWithin(address, trusted)) {
    const before = hops.pop()
    if (!before) break
    address = before
  }
  return address
}
