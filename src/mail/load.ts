/** Loads what delivers: from here, beside it, since a plain module lies without folders in the executable. */
import { apart } from '../base/apart.ts'
import type { Mailer } from './send-apart.ts'

export async function loadMailer(url: string): Promise<Mailer> {
  const { openMailer } = (await import(
    apart(new URL('./send-apart.ts', import.meta.url))
  )) as typeof import('./send-apart.ts')
  return openMailer(url)
}
