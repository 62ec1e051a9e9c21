/** One field: a voucher's code. What it was worth and the new balance are said at once. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { usd } from '../format.ts'
import { credit } from '../words/credit.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { may } from './role.ts'
import { textOf } from './written.ts'

export function Voucher({ account, again }: { account: string; again(): void }) {
  const w = credit()
  const redeemed = useSignal<{ credit: string; balance: string } | null>(null)
  const round = useSignal(0)
  if (!may(account, 'bill')) return null
  const send = async (data: FormData) => {
    redeemed.value = null
    redeemed.value = await ask(
      api.accounts({ account }).vouchers.post({ code: textOf(data, 'code') }),
    )
    round.value++
    again()
  }
  const { value } = redeemed
  return html`<${Form} key=${round.value} submit=${w.redeem} onSend=${send}>${(
    form: FormState,
  ) => html`
      <${Field} form=${form} name="code" label=${w.code} hint=${w.codeHint} maxlength="100" autocomplete="off"
        autocapitalize="characters" spellcheck=${false} required />`}<//>
    <p role="status">${value && w.redeemed(usd(value.credit), usd(value.balance))}</p>`
}
