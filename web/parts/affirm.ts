/**
 * What everyone who registers says: for whom, that she is of age and may bind the organisation [T2.1, T2.2], and which
 * versions of the documents she accepts [T0.1].
 */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { date } from '../format.ts'
import { language } from '../language.ts'
import { register } from '../words/register.ts'
import { shell } from '../words/shell.ts'
import { countryOptions } from './country.ts'
import { Field, type FormState } from './form.ts'
import { html } from './html.ts'
import { textOf } from './written.ts'

/** The versions in force. */
export const readDocuments = async () => (await ask(api.documents.get())).current
export type DocumentView = Awaited<ReturnType<typeof readDocuments>>[number]

interface AffirmProps {
  form: FormState
  documents: readonly DocumentView[]
}

export function Affirmation({ form, documents }: AffirmProps) {
  const w = register()
  const entity = useSignal(false)
  return html`
    <${Field} form=${form} name="kind" type="select" label=${w.kind} options=${[
      ['person', w.person],
      ['entity', w.entity],
    ]}
      onInput=${(value: string) => {
        entity.value = value === 'entity'
      }} />
    ${
      entity.value &&
      html`
      <${Field} form=${form} name="account_name" label=${w.accountName} required maxlength="200" autocomplete="organization" />
      <${Field} form=${form} name="country" type="select" label=${w.country} autocomplete="country" options=${[['', w.noCountry], ...countryOptions()]} />
      <${Field} form=${form} name="authority" type="checkbox" label=${w.authority} required />`
    }
    <${Field} form=${form} name="adult" type="checkbox" label=${w.adult} required />
    <${Field} form=${form} name="documents" type="checkbox" required label=${html`${w.accept} <${DocumentLinks} documents=${documents} />`} />
  `
}

/** Each with its version, opened beside the form so that nothing typed is lost. */
export function DocumentLinks({ documents }: { documents: readonly DocumentView[] }) {
  return documents.map(
    ({ id, kind, version, effective_at }, index) =>
      html`${index > 0 && ' · '}<a key=${id} href=${`/legal/${kind}/${version}`} target="_blank">${register().named(shell().legal[kind], version, date(effective_at))}</a>`,
  )
}

/** As the server takes it. */
export function affirmed(data: FormData, documents: readonly DocumentView[]) {
  const kind = data.get('kind') === 'entity' ? ('entity' as const) : ('person' as const)
  const [account_name, country] = [textOf(data, 'account_name'), textOf(data, 'country')]
  return {
    ...{ kind, name: textOf(data, 'name'), language: language.value },
    ...(account_name && { account_name }),
    ...(country && { country }),
    adult: data.has('adult'),
    authority: data.has('authority'),
    documents: data.has('documents') ? documents.map(({ id }) => id) : [],
  }
}
