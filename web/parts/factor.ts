/** The second factor: an authenticator app by QR code, and its recovery codes, shown once. */
import { useSignal } from '@preact/signals'
import { encode } from 'uqr'
import { api, ask } from '../api.ts'
import { factor } from '../words/factor.ts'
import { Act } from './act.ts'
import { Code } from './copy.ts'
import { Dialog } from './dialog.ts'
import { Field, Form, type FormState } from './form.ts'
import { html } from './html.ts'
import { type Me, withRecent } from './recent.ts'
import { textOf } from './written.ts'

interface NewSecret {
  secret: string
  uri: string
}

export function SecondFactor({ me, again }: { me: Me; again(): void }) {
  const w = factor()
  const begun = useSignal<NewSecret | null>(null)
  const codes = useSignal<string[] | null>(null)
  const begin = async () => {
    begun.value = await withRecent(() => ask(api.me.totp.post()))
  }
  const confirm = async (data: FormData) => {
    const made = await ask(api.me.totp.confirm.post({ code: textOf(data, 'code') }))
    codes.value = made.recovery_codes
    begun.value = null
    again()
  }
  const renew = async () => {
    codes.value = (await withRecent(() => ask(api.me['recovery-codes'].post()))).recovery_codes
    again()
  }
  const stop = async () => {
    await withRecent(() => ask(api.me.totp.delete()))
    again()
  }
  return html`
    <h2 id="factor">${w.title}</h2>
    <p>${me.totp ? w.on(me.recovery_codes_left) : w.off}</p>
    ${
      me.totp
        ? html`<div class="row">
            <${Act} look="" act=${renew} confirm=${w.newCodesSure}>${w.newCodes}<//>
            <${Act} look="danger" act=${stop} confirm=${w.stopSure}>${w.stop}<//></div>`
        : begun.value === null && html`<${Act} look="" act=${begin}>${w.begin}<//>`
    }
    ${
      begun.value &&
      html`<div class="card"><p>${w.scan}</p>
      <${QrCode} text=${begun.value.uri} label=${w.qr} />
      <${Code} text=${begun.value.secret} label=${w.secret} />
      <${Form} submit=${w.confirm} onSend=${confirm}>${(form: FormState) => html`
        <${Field} form=${form} name="code" label=${w.code} inputmode="numeric" autocomplete="one-time-code" required />`}<//></div>`
    }
    ${
      codes.value &&
      html`<${Dialog} title=${w.codesTitle} locked><p>${w.codesLead}</p>
      <${Code} text=${codes.value.join('\n')} label=${w.codesTitle} />
      <p><button type="button" class="primary" onClick=${() => {
        codes.value = null
      }}>${w.codesKept}</button></p><//>`
    }
  `
}

/** Dark on light in both themes: scanners expect it. */
function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { border: 4 })
  const path = data.flatMap((row, y) =>
    row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])),
  )
  return html`<svg class="qr" role="img" aria-label=${label} viewBox=${`0 0 ${size} ${size}`} width="200" height="200">
    <rect width=${size} height=${size} fill="#fff" /><path d=${path.join('')} fill="#000" /></svg>`
}
