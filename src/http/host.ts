/**
 * Which `Host` names are served. Everything else is refused before routing, so that a foreign page cannot reach a private
 * server by pointing its own name here (DNS rebinding), and no link or route is ever computed from a made-up name.
 */
import { isIP } from 'node:net'

export type HostCheck = (host: string | null) => boolean

const loopback = ['localhost', '127.0.0.1', '[::1]']
const everyAddress = new Set(['0.0.0.0', '[::]'])

/**
 * Serves the public address, the listened one and this machine's own names, on any port (a proxy or a container may map
 * it). A server that listens on every address is also met by any of them in numbers, which no foreign page can borrow.
 */
export function checkHost(publicUrl: () => string | null, listenHostname: string): HostCheck {
  const listened = bracketed(listenHostname.toLowerCase())
  const names = new Set([...loopback, listened])
  let known: { url: string | null; name: string | null } = { url: null, name: null }
  const isPublic = (name: string) => {
    const url = publicUrl()
    // Read anew only when it was changed: this is on every call's way.
    if (url !== known.url) known = { url, name: url === null ? null : new URL(url).hostname }
    return name === known.name
  }
  return (host) => {
    const name = /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase()
    if (name === undefined) return false
    return (
      names.has(name) ||
      isPublic(name) ||
      (everyAddress.has(listened) && isIP(name.replace(/^\[|\]$/g, '')) > 0)
    )
  }
}

function bracketed(hostname: string): string {
  return isIP(hostname) === 6 ? `[${hostname}]` : hostname
}
