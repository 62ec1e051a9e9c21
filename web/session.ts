/** Who is signed in, as every page knows it, and which account she looks at. */
import { signal } from '@preact/signals'
import { api, ask } from './api.ts'

export type SessionFacts = Awaited<ReturnType<typeof readSession>>
export type AccountFacts = NonNullable<SessionFacts['visitor']>['accounts'][number]

/** Null until the server has been asked. */
export const session = signal<SessionFacts | null>(null)

const readSession = () => ask(api.session.get())

/** Asks anew: after a log-in, and whatever changes the visitor or her accounts. */
export async function refreshSession(): Promise<SessionFacts> {
  const facts = await readSession()
  session.value = facts
  return facts
}

/** Where who is not signed in is sent; she comes back to where she was. */
export function loginPath(): string {
  return `/login?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`
}

/** A path of this site, or its start: `next` comes from the address, and must not lead elsewhere. */
export function safeNext(next: string | null | undefined, otherwise: string): string {
  if (!next?.startsWith('/')) return otherwise
  // Read as the browser reads it: a backslash, or a tab between two slashes, is another site to it.
  return URL.parse(next, location.origin)?.origin === location.origin ? next : otherwise
}

/** Where a log-in leads: to where she wanted to go, else to her first account. */
export function startPath({ visitor }: SessionFacts, next?: string | null): string {
  const account = visitor?.accounts[0]
  return safeNext(next, account ? `/accounts/${account.id}/overview` : '/settings')
}
