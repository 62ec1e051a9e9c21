/** Terms, privacy and refunds by version: who accepted each, and the next one written from the one before (`?from=`), with what changes. */
import { useSignal } from '@preact/signals'
import { api, ask } from '../api.ts'
import { language } from '../language.ts'
import { mayAdmin } from '../parts/admin.ts'
import { Changes } from '../parts/changes.ts'
import { Day } from '../parts/figures.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { useQuery, withQuery } from '../parts/query.ts'
import { Table } from '../parts/table.ts'
import { textOf, timeOrNull } from '../parts/written.ts'
import { adminDocuments } from '../words/admin-documents.ts'
import { shell } from '../words/shell.ts'

const route = api.admin.documents
const readList = () => ask(route.get())
type List = Awaited<ReturnType<typeof readList>>
type Row = List['data'][number]
const readTexts = (document: string) => ask(route({ document }).get())
type Texts = Awaited<ReturnType<typeof readTexts>>

const page = '/admin/documents'
const languages = ['en', 'zh-TW'] as const

export function AdminDocuments() {
  const w = adminDocuments()
  const { query, change } = useQuery()
  const list = useLoad('documents', readList)
  const done = useSignal('')
  const show = (mailed: number) => {
    done.value = w.published(mailed)
    change({ from: null })
    list.again()
  }
  return html`
    <h1>${w.title}</h1><p>${w.lead}</p>
    <p role="status">${done.value}</p>
    ${
      query.from && mayAdmin('run')
        ? html`<${Next} key=${query.from} from=${query.from} onDone=${show} />`
        : html`<${Load} of=${list}>${(all: List) => html`<${Versions} ...${all} />`}<//>`
    }`
}

function Versions({ data, users }: List) {
  const w = adminDocuments()
  const row = ({ id, kind, version, material, accepted, ...one }: Row, at: number) => {
    const name = shell().legal[kind]
    const isLast = data.findIndex((other) => other.kind === kind) === at
    return html`<tr key=${id}>
      <th scope="row">${name}</th>
      <td><a href=${`/legal/${kind}/${version}`}>${version}</a><br /><small>${one.summary[language.value]}</small></td>
      <td><${Day} at=${one.effective_at} /></td>
      <td>${material ? w.material : w.minor}</td>
      <td>${w.of(accepted, users)}</td>
      <td>${one.published_by}</td>
      <td>${isLast && mayAdmin('run') && html`<a href=${withQuery(page, { from: id })} aria-label=${`${w.next}: ${name}`}>${w.next}</a>`}</td></tr>`
  }
  const head = [w.document, w.version, w.from, w.weight, w.accepted, w.by, w.acts]
  return html`<${Table} label=${w.title} head=${head}>${data.map(row)}<//>`
}

interface NextProps {
  from: string
  onDone(mailed: number): void
}

function Next({ from, onDone }: NextProps) {
  const w = adminDocuments()
  const before = useLoad(from, () => readTexts(from))
  return html`<p><a href=${page}>← ${w.back}</a></p>
    <${Load} of=${before}>${(texts: Texts) => html`<${Write} before=${texts} onDone=${onDone} />`}<//>`
}

function Write({ before, onDone }: { before: Texts; onDone: NextProps['onDone'] }) {
  const w = adminDocuments()
  const { kind } = before
  const text = useSignal(before.text)
  const send = async (data: FormData) => {
    const material = data.has('material')
    if (!confirm(material ? w.sureMailed : w.sure)) return
    const { mailed } = await ask(
      route.post({
        ...{ kind, version: textOf(data, 'version'), material },
        ...{ text_en: text.value.en, text_zh: text.value['zh-TW'] },
        ...{ summary_en: textOf(data, 'summary_en'), summary_zh: textOf(data, 'summary_zh') },
        effective_at: timeOrNull(data, 'effective_at'),
      }),
    )
    onDone(mailed)
  }
  const nameOf = (field: string, as: 'en' | 'zh-TW') => `${field}_${as === 'en' ? 'en' : 'zh'}`
  const writes = (as: 'en' | 'zh-TW') => (value: string) => {
    text.value = { ...text.value, [as]: value }
  }
  return html`<h2>${w.write(shell().legal[kind], before.version)}</h2>
    <${Form} submit=${w.publish} onSend=${send}>${(form: FormState) => html`
      <${Field} form=${form} name="version" label=${w.version} hint=${w.versionHint} maxlength="40" autocomplete="off" required />
      ${languages.map(
        (as) => html`
        <${Field} key=${as} form=${form} name=${nameOf('text', as)} type="textarea" rows="16" label=${w.text[as]} hint=${w.placeholders} value=${before.text[as]} maxlength="50000" required onInput=${writes(as)} />
        <${Field} form=${form} name=${nameOf('summary', as)} label=${w.summary[as]} maxlength="1000" autocomplete="off" required />
        <details><summary>${w.changes[as]}</summary><${Changes} before=${before.text[as]} after=${text.value[as]} /></details>`,
      )}
      <${Field} form=${form} name="effective_at" type="datetime-local" label=${w.effective} hint=${w.effectiveHint} />
      <${Field} form=${form} name="material" type="checkbox" label=${w.isMaterial} hint=${w.materialHint} />`}<//>`
}
