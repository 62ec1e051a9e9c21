/** A person's own settings: who she is, how she logs in, where she is signed in, and her data. */
import { useSignal } from '@preact/signals'
import { api, ask, Refusal } from '../api.ts'
import { type Language, language, type Theme, theme } from '../language.ts'
import { Act } from '../parts/act.ts'
import { SecondFactor } from '../parts/factor.ts'
import { type Changed, Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { NoticeSettings } from '../parts/notice-settings.ts'
import { Passkeys } from '../parts/passkeys.ts'
import { type Me, RecentDialog, readMe, withRecent } from '../parts/recent.ts'
import { Sessions } from '../parts/sessions.ts'
import { TypedDialog } from '../parts/typed.ts'
import { textOf } from '../parts/written.ts'
import { refreshSession, session } from '../session.ts'
import { settings } from '../words/settings.ts'

export function Settings() {
  const me = useLoad('me', readMe)
  return html`
    <h1>${settings().title}</h1>
    <${Load} of=${me}>${(shown: Me) => html`
      <${Profile} me=${shown} again=${me.again} />
      <${Address} me=${shown} />
      <${Password} me=${shown} again=${me.again} />
      <${SecondFactor} me=${shown} again=${me.again} />
      <${Passkeys} />
      <${LinkedLogins} me=${shown} again=${me.again} />
      <${Sessions} />
      <${NoticeSettings} />
      <${Accounts} />
      <${OwnData} me=${shown} />`}<//>
    <${RecentDialog} />
  `
}

interface SectionProps {
  me: Me
  again(): void
}

/** What is said when it was done, under the form. */
function useDone() {
  const done = useSignal('')
  return { done, told: html`<p role="status">${done.value}</p>` }
}

function Profile({ me, again }: SectionProps) {
  const w = settings()
  const { done, told } = useDone()
  const send = async (data: FormData, changed: Changed) => {
    const chosen = textOf(data, 'language') as Language
    await ask(api.me.patch(changed({ name: textOf(data, 'name'), language: chosen })))
    language.value = chosen
    theme.value = textOf(data, 'theme') as Theme
    done.value = settings().saved
    await refreshSession()
    again()
  }
  return html`<h2>${w.profile}</h2>
    <${Form} submit=${w.save} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="name" label=${w.name} value=${me.name} autocomplete="name" maxlength="100" required />
      <${Field} form=${form} name="language" type="select" label=${w.mailLanguage} value=${me.language} options=${[['en', 'English'], ['zh-TW', '繁體中文']]} />
      <${Field} form=${form} name="theme" type="select" label=${w.theme} value=${theme.value} options=${Object.entries(w.themes)} />`}<//>
    ${told}`
}

function Address({ me }: { me: Me }) {
  const w = settings()
  const { done, told } = useDone()
  const send = async (data: FormData) => {
    await withRecent(() => ask(api.me.address.post({ email: textOf(data, 'email') })))
    done.value = w.addressSent
  }
  return html`<h2>${w.address}</h2><p>${w.addressNow(me.email)}</p>
    <${Form} submit=${w.change} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="email" type="email" label=${w.newAddress} autocomplete="email" required />`}<//>
    ${told}`
}

function Password({ me, again }: SectionProps) {
  const w = settings()
  const { done, told } = useDone()
  // A new form each time: what was typed is a secret, and is not left in it.
  const round = useSignal(0)
  const send = async (data: FormData) => {
    const [current, password] = [String(data.get('current') ?? ''), String(data.get('password'))]
    await withRecent(() => ask(api.me.password.post({ password, ...(current && { current }) })))
    done.value = w.saved
    round.value++
    again()
  }
  return html`<h2>${w.password}</h2>
    <${Form} key=${round.value} submit=${w.setPassword} onSend=${send}>${(form: FormState) => html`
      ${me.has_password && html`<${Field} form=${form} name="current" type="password" label=${w.current} autocomplete="current-password" required />`}
      <${Field} form=${form} name="password" type="password" label=${w.newPassword} hint=${w.passwordHint} autocomplete="new-password" minlength="10" required />`}<//>
    ${told}`
}

type Provider = { id: string; name: string }

function LinkedLogins({ me, again }: SectionProps) {
  const w = settings()
  const providers: Provider[] = session.value?.registration.providers ?? []
  const linked = new Map(me.identities.map(({ provider, email }) => [provider as string, email]))
  const unlink = async (provider: string) => {
    await withRecent(() => ask(api.me.identities({ provider }).delete()))
    again()
  }
  return html`<h2>${w.elsewhere}</h2>
    ${providers.length === 0 && html`<p>${w.noProviders}</p>`}
    ${providers.map(
      ({ id, name }) =>
        html`<p key=${id} class="row">${
          linked.has(id)
            ? html`<span>${name} <small>${linked.get(id)}</small></span><${Act} name=${`${w.unlink}: ${name}`} act=${() => unlink(id)}>${w.unlink}<//>`
            : html`<${Act} look="" act=${() => link(id)}>${w.link(name)}<//>`
        }</p>`,
    )}`
}

/** The other service is asked in this window, after it is sure who sits here. */
async function link(provider: string): Promise<void> {
  await withRecent(async () => {
    const { visitor } = await refreshSession()
    if (!visitor?.recent) throw new Refusal('recent_login_required', '')
  })
  location.assign(`/api/oauth/${provider}?link=1&next=/settings`)
}

function Accounts() {
  const w = settings()
  return html`<h2>${w.accounts}</h2><ul>${session.value?.visitor?.accounts.map(
    ({ id, name }: { id: string; name: string }) =>
      html`<li key=${id}><a href=${`/accounts/${id}/overview`}>${name || id}</a></li>`,
  )}</ul>
  <p><a href="/accounts/new">${w.newAccount}</a></p>`
}

function OwnData({ me }: { me: Me }) {
  const w = settings()
  const closing = useSignal(false)
  const close = async () => {
    await withRecent(() => ask(api.me.close.post({})))
    location.assign('/')
  }
  return html`<h2>${w.data}</h2><p>${w.dataLead}</p>
    <p class="row"><a class="button quiet" download href="/api/me/export">${w.export}</a>
      <button type="button" class="danger" onClick=${() => {
        closing.value = true
      }}>${w.close}</button></p>
    ${
      closing.value &&
      html`<${TypedDialog} title=${w.close} lead=${w.closeLead} name=${me.email} submit=${w.close} act=${close} onClose=${() => {
        closing.value = false
      }} />`
    }`
}
