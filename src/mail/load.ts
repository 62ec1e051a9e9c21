/** Loads what delivers: from here, beside it, since a plain module lies without folders in the executable. */
import type { Mailer } from './send-apart.ts'

export async function loadMailer(url: string): Promise<Mailer> {
  const { openMailer } = (await import(
    new URL('./send-apart.ts', import.meta.url).href
  )) as typeof import('./send-apart.ts')
  return openMailer(url)
}
