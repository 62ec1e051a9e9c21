/** A key's terms as a form: for a new one, and to change them. */
import { useMemo } from 'preact/hooks'
import { api, ask } from '../api.ts'
import { keys } from '../words/keys.ts'
import { type Changed, Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { withRecent } from './recent.ts'
import { may } from './role.ts'
import { endOfDayOrNull, listOrNull, numberOrNull, textOf, textOrNull } from './written.ts'

export const readKeys = (account: string) => ask(api.accounts({ account }).keys.get())
export type KeyView = Awaited<ReturnType<typeof readKeys>>['data'][number]
type Reset = 'daily' | 'weekly' | 'monthly'

function readForm(data: FormData) {
  return {
    name: textOf(data, 'name'),
    limit: textOrNull(data, 'limit'),
    limit_reset: textOrNull(data, 'limit_reset') as Reset | null,
    expires_at: endOfDayOrNull(data, 'expires_at'),
    models: listOrNull(data, 'models'),
    ips: listOrNull(data, 'ips'),
    rpm: numberOrNull(data, 'rpm'),
    tpm: numberOrNull(data, 'tpm'),
    concurrent: numberOrNull(data, 'concurrent'),
  }
}

interface NewKeyProps {
  account: string
  onMade(secret: string): void
}

export function NewKeyForm({ account, onMade }: NewKeyProps) {
  const w = keys()
  // The same for every try of this form: a reply that was lost must not make a second key.
  const once = useMemo(() => crypto.randomUUID(), [])
  const send = async (data: FormData) => {
    const purpose = textOrNull(data, 'purpose') as 'inference' | 'management' | null
    const body = { ...readForm(data), once, ...(purpose && { purpose }) }
    const { secret } = await withRecent(() => ask(api.accounts({ account }).keys.post(body)))
    onMade(secret)
  }
  return html`<${Form} submit=${w.create} onSend=${send}>${(form: FormState) => html`
    <${TermFields} form=${form} />
    ${
      may(account, 'manage') &&
      html`<${Field} form=${form} name="purpose" type="select" label=${w.purpose} value="inference"
      options=${Object.entries(w.purposes)} />`
    }
  `}<//>`
}

interface EditKeyProps {
  account: string
  row: KeyView
  onDone(): void
}

export function EditKeyForm({ account, row, onDone }: EditKeyProps) {
  const send = async (data: FormData, changed: Changed) => {
    await ask(
      api
        .accounts({ account })
        .keys({ id: row.id })
        .patch(changed(readForm(data))),
    )
    onDone()
  }
  return html`<${Form} submit=${keys().save} onSend=${send}>${(form: FormState) => html`
    <${TermFields} form=${form} row=${row} />`}<//>`
}

/** The day where the reader is, as a date field holds it. */
function dayOf(iso: string | null): string {
  return iso === null ? '' : new Date(iso).toLocaleDateString('sv-SE')
}

function TermFields({ form, row }: { form: FormState; row?: KeyView }) {
  const w = keys()
  const number = { type: 'number', min: 1, step: 1, inputmode: 'numeric' }
  return html`
    <${Field} form=${form} name="name" label=${w.name} hint=${w.nameHint} value=${row?.name} required autofocus maxlength="100" autocomplete="off" />
    <${Field} form=${form} name="limit" label=${w.limit} hint=${w.limitHint} value=${row?.limit} inputmode="decimal" autocomplete="off" />
    <${Field} form=${form} name="limit_reset" type="select" label=${w.reset} value=${row?.limit_reset}
      options=${[['', w.noReset], ['daily', w.daily], ['weekly', w.weekly], ['monthly', w.monthly]]} />
    <${Field} form=${form} name="expires_at" type="date" label=${w.expiresAt} hint=${w.expiresHint} value=${dayOf(row?.expires_at ?? null)} />
    <details><summary>${w.more}</summary><div class="form">
      <${Field} form=${form} name="models" label=${w.models} hint=${w.modelsHint} value=${row?.models?.join(', ')} autocomplete="off" />
      <${Field} form=${form} name="ips" label=${w.ips} hint=${w.ipsHint} value=${row?.ips?.join(', ')} autocomplete="off" />
      <${Field} form=${form} name="rpm" label=${w.rpm} value=${row?.rpm?.toString()} ...${number} />
      <${Field} form=${form} name="tpm" label=${w.tpm} value=${row?.tpm?.toString()} ...${number} />
      <${Field} form=${form} name="concurrent" label=${w.concurrent} value=${row?.concurrent?.toString()} ...${number} />
    </div></details>
  `
}
