/** A legal document by version: its text or what changed since the one before (`?changes=1`), and all versions [TP]. */
import type { ComponentChildren } from 'preact'
import { api, ask } from '../api.ts'
import { date } from '../format.ts'
import { language } from '../language.ts'
import { Changes } from '../parts/changes.ts'
import { html } from '../parts/html.ts'
import { Load, useLoad } from '../parts/load.ts'
import { Markdown } from '../parts/markdown.ts'
import { useQuery, withQuery } from '../parts/query.ts'
import { Table } from '../parts/table.ts'
import type { PageProps } from '../routes.ts'
import { legal } from '../words/legal.ts'
import { shell } from '../words/shell.ts'

const readVersions = async (kind: string) => (await ask(api.documents({ kind }).get())).data
type VersionView = Awaited<ReturnType<typeof readVersions>>[number]

const readVersion = (kind: string, version: string) =>
  ask(
    api
      .documents({ kind })({ version })
      .get({ query: { language: language.value } }),
  )
type DocumentText = Awaited<ReturnType<typeof readVersion>>

export function Legal({ kind = '', version }: PageProps) {
  const versions = useLoad(kind, () => readVersions(kind))
  return html`<${Load} of=${versions}>${(all: VersionView[]) => {
    // Without a version in the address: the one in force.
    const current = all.find((one) => Date.parse(one.effective_at) <= Date.now())
    const shown = version ?? current?.version
    return html`
      <h1>${shell().legal[kind as VersionView['kind']]}</h1>
      ${shown && html`<${Version} kind=${kind} version=${shown} />`}
      <${VersionTable} versions=${all} shown=${shown} />`
  }}<//>`
}

function Version({ kind, version }: { kind: string; version: string }) {
  const w = legal()
  const { query } = useQuery()
  const loaded = useLoad(`${kind} ${version} ${language.value}`, () => readVersion(kind, version))
  const path = `/legal/${kind}/${version}`
  const view = (name: string, href: string, here: boolean): ComponentChildren =>
    html`<a href=${href} aria-current=${here ? 'page' : undefined}>${name}</a>`
  return html`<${Load} of=${loaded}>${({ effective_at, text, previous }: DocumentText) => html`
    <p class="soft">${w.inForce(version, date(effective_at))}</p>
    ${
      previous &&
      html`<nav class="row" aria-label=${w.version}>${view(w.text, path, !query.changes)}
        ${view(w.changes(previous.version), withQuery(path, { changes: '1' }), Boolean(query.changes))}</nav>`
    }
    ${
      previous && query.changes
        ? html`<${Changes} before=${previous.text} after=${text} />`
        : html`<${Markdown} text=${withoutTitle(text)} />`
    }`}<//>`
}

/** The page has its own. */
const withoutTitle = (text: string) => text.replace(/^# .*\n/, '')

function VersionTable({ versions, shown }: { versions: readonly VersionView[]; shown?: string }) {
  const w = legal()
  return html`<h2>${w.versions}</h2>
    <${Table} label=${w.versions} head=${[w.version, w.from, w.summary]}>${versions.map(
      ({ id, kind, version, effective_at, summary }) => html`<tr key=${id}>
        <th scope="row"><a href=${`/legal/${kind}/${version}`} aria-current=${version === shown ? 'true' : undefined}>${version}</a></th>
        <td>${date(effective_at)}</td><td>${summary[language.value]}</td></tr>`,
    )}<//>`
}
