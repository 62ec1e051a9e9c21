/** A person's passkeys: added by her device, named, and removed. */
import { api, ask, Refusal } from '../api.ts'
import { factor } from '../words/factor.ts'
import { Act } from './act.ts'
import { Time } from './figures.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { Load, useLoad } from './load.ts'
import { withRecent } from './recent.ts'
import { Table } from './table.ts'
import { textOf } from './written.ts'

const readPasskeys = () => ask(api.me.passkeys.get())
type Passkeys = Awaited<ReturnType<typeof readPasskeys>>
type Passkey = Passkeys['data'][number]

export function Passkeys() {
  const w = factor()
  const list = useLoad('passkeys', readPasskeys)
  const add = async (data: FormData) => {
    await addPasskey(textOf(data, 'name'))
    list.again()
  }
  const remove = async (id: string) => {
    await withRecent(() => ask(api.me.passkeys({ id }).delete()))
    list.again()
  }
  return html`
    <h2>${w.passkeys}</h2>
    <${Load} of=${list}>${({ data }: Passkeys) =>
      data.length === 0
        ? html`<p>${w.noPasskeys}</p>`
        : html`<${Table} label=${w.passkeys} head=${[w.name, w.created, w.used, w.acts]}>
            ${data.map(
              ({ id, name, created_at, used_at }: Passkey) => html`<tr key=${id}>
              <th scope="row">${name}</th><td><${Time} at=${created_at} /></td><td><${Time} at=${used_at} /></td>
              <td><${Act} name=${`${w.remove}: ${name}`} confirm=${w.removeSure(name)} act=${() => remove(id)}>${w.remove}<//></td></tr>`,
            )}
          <//>`}<//>
    <${Form} submit=${w.add} onSend=${add}>${(form: FormState) => html`
      <${Field} form=${form} name="name" label=${w.name} required maxlength="100" autocomplete="off" />`}<//>
  `
}

async function addPasskey(name: string): Promise<void> {
  const { startRegistration } = await import('@simplewebauthn/browser')
  const { options, challenge } = await withRecent(() => ask(api.me.passkeys.options.post()))
  const response = await startRegistration({ optionsJSON: options }).catch((cause: unknown) => {
    throw new Refusal('passkey_failed', String(cause))
  })
  await ask(api.me.passkeys.post({ name, challenge, response }))
}
