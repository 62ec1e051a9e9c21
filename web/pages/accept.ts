/** Accepting new versions of the documents [T0.2]: each read beside this page, each with its own check mark. */
import { useLocation } from 'preact-iso'
import { api, ask, Refusal } from '../api.ts'
import { date } from '../format.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { useQuery } from '../parts/query.ts'
import { refreshSession, type SessionFacts, session, startPath } from '../session.ts'
import { register } from '../words/register.ts'
import { shell } from '../words/shell.ts'

type ToAccept = NonNullable<SessionFacts['visitor']>['documents_to_accept'][number]

export function Accept() {
  const w = register()
  const { query } = useQuery()
  const { route } = useLocation()
  const facts = session.value
  const documents: readonly ToAccept[] = facts?.visitor?.documents_to_accept ?? []
  const accept = async (data: FormData) => {
    const missing = documents.find(({ id }) => !data.has(id))
    if (missing) throw new Refusal('not_affirmed', '', 400, missing.id)
    await ask(api.documents.accept.post({ documents: documents.map(({ id }) => id) }))
    route(startPath(await refreshSession(), query.next), true)
  }
  if (facts && documents.length === 0) {
    return html`<h1>${w.acceptTitle}</h1><p>${w.nothing}</p>
      <p><a class="button" href=${startPath(facts, query.next)}>${w.goOn}</a></p>`
  }
  return html`
    <h1>${w.acceptTitle}</h1>
    <p>${w.acceptLead}</p>
    <${Form} submit=${w.submitAccept} onSend=${accept}>${(form: FormState) =>
      documents.map(({ id, kind, version, effective_at }) => {
        const path = `/legal/${kind}/${version}`
        const name = shell().legal[kind]
        return html`<${Field} key=${id} form=${form} name=${id} type="checkbox" required
          label=${w.acceptOne(name, version, date(effective_at))}
          hint=${html`<a href=${path} target="_blank">${name}</a> · <a href=${`${path}?changes=1`} target="_blank">${w.changes}<span class="hidden">: ${name}</span></a>`} />`
      })}<//>
  `
}
