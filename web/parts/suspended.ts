/** Why an account is suspended, where its members can do something about it: a payment was disputed. */
import { api, ask } from '../api.ts'
import { billing } from '../words/billing.ts'
import { html } from './html.ts'
import { useLoad } from './load.ts'

export function Suspended({ account }: { account: string }) {
  const settings = useLoad(`why ${account}`, () => ask(api.accounts({ account }).get()))
  return (
    settings.value?.state_reason === 'dispute' && html`<p class="notice">${billing().disputed}</p>`
  )
}
