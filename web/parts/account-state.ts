/** An account's or a user's state as a badge. */
import { adminAccounts } from '../words/admin-accounts.ts'
import { html } from './html.ts'

const looks = { active: 'badge good', suspended: 'badge bad', closed: 'badge' }

export function AccountState({ state }: { state: keyof typeof looks }) {
  return html`<span class=${looks[state]}>${adminAccounts().states[state]}</span>`
}
