/** The account's requests: filters and the open one stand in the address; the list can follow what happens. */
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { api, ask } from '../api.ts'
import { count, milliseconds } from '../format.ts'
import { Time, Usd } from '../parts/figures.ts'
import { Field, Form, type FormState } from '../parts/form.ts'
import { html } from '../parts/html.ts'
import { readKeys } from '../parts/key-form.ts'
import { Load, useLoad } from '../parts/load.ts'
import { usePieces } from '../parts/more.ts'
import { useQuery, withQuery } from '../parts/query.ts'
import { RequestDrawer } from '../parts/request-drawer.ts'
import { Table } from '../parts/table.ts'
import { textOf } from '../parts/written.ts'
import type { PageProps } from '../routes.ts'
import { outcomeName, requests } from '../words/requests.ts'

interface Filter {
  model?: string
  key?: string
  status?: 'ok' | 'failed'
  from?: string
  to?: string
}
type Cursor = { after?: string; newer?: string }

const readRequests = (account: string, query: Filter & Cursor) =>
  ask(api.accounts({ account }).requests.get({ query }))
type RequestRow = Awaited<ReturnType<typeof readRequests>>['data'][number]

const filterNames = ['model', 'key', 'status', 'from', 'to'] as const

function readFilter(query: Record<string, string | undefined>): Filter {
  return Object.fromEntries(
    filterNames.flatMap((name) => (query[name] ? [[name, query[name]]] : [])),
  )
}

export function Requests({ account = '' }: PageProps) {
  const w = requests()
  const { query, change } = useQuery()
  const filter = readFilter(query)
  const name = `${account} ${JSON.stringify(filter)}`
  const { first, rows, more } = usePieces(name, (after) =>
    readRequests(account, { ...filter, ...(after && { after }) }),
  )
  const live = query.live === '1'
  const fresh = useFollowing(live, name, first.value?.at, (newer) =>
    readRequests(account, { ...filter, newer }),
  )
  const known = new Set(rows.map(({ id }) => id))
  const shown = [...fresh.filter(({ id }) => !known.has(id)), ...rows]
  return html`
    <div class="row between"><h1>${w.title}</h1>
      <div class="row">
        <button type="button" aria-pressed=${live} onClick=${() => change({ live: live ? null : '1' })}>${live ? w.stop : w.follow}</button>
        <a class="button quiet" download href=${withQuery(`/api/accounts/${account}/requests.csv`, filter as Record<string, string>)}>${w.csv}</a>
      </div>
    </div>
    <${Filters} key=${name} account=${account} filter=${filter} change=${change} />
    ${live && html`<p role="status"><small>${w.following}</small></p>`}
    <${Load} of=${first}>${() =>
      shown.length === 0
        ? html`<div class="state"><p>${w.empty}</p>${
            Object.keys(filter).length > 0
              ? html`<button type="button" onClick=${() => change(noFilter)}>${w.clear}</button>`
              : html`<a class="button" href=${`/accounts/${account}/start`}>${w.first}</a>`
          }</div>`
        : html`<${RequestTable} rows=${shown} onOpen=${(id: string) => change({ id })} />${more}`}<//>
    ${query.id && html`<${RequestDrawer} key=${query.id} account=${account} id=${query.id} onClose=${() => change({ id: null })} />`}
  `
}

const noFilter = Object.fromEntries(filterNames.map((name) => [name, null]))
const pollMs = 1000

/** What ended since the list was read. A lost connection is tried again. */
function useFollowing(
  live: boolean,
  name: string,
  since: string | undefined,
  read: (newer: string) => Promise<{ data: RequestRow[]; at: string }>,
): RequestRow[] {
  const rows = useSignal<RequestRow[]>([])
  const ready = since !== undefined
  useEffect(() => {
    rows.value = []
    if (!live || since === undefined) return
    let newer = since
    let timer = 0
    let stopped = false
    const poll = async () => {
      const piece = await read(newer).catch(() => null)
      if (stopped) return
      newer = piece?.at ?? newer
      const known = new Set(rows.value.map(({ id }) => id))
      const added = piece?.data.filter(({ id }) => !known.has(id)) ?? []
      if (added.length > 0) rows.value = [...added, ...rows.value]
      timer = window.setTimeout(poll, pollMs)
    }
    poll()
    return () => {
      stopped = true
      clearTimeout(timer)
    }
  }, [live, name, ready])
  return rows.value
}

interface FiltersProps {
  account: string
  filter: Filter
  change(changes: Record<string, string | null>): void
}

function Filters({ account, filter, change }: FiltersProps) {
  const w = requests()
  const choices = useLoad(`choices ${account}`, async () => {
    const [models, keys] = await Promise.all([ask(api.models.get()), readKeys(account)])
    return { models: models.data, keys: keys.data }
  })
  type Named = { id: string; name: string }
  const options = (some: readonly Named[] | undefined, named: (one: Named) => string) => [
    ['', w.all],
    ...(some ?? []).map((one) => [one.id, named(one)]),
  ]
  const send = async (data: FormData) => {
    const day = (field: string, time: string) => {
      const text = textOf(data, field)
      return text && new Date(`${text}T${time}`).toISOString()
    }
    const [model, key, status] = ['model', 'key', 'status'].map((one) => textOf(data, one))
    change({
      ...({ model, key, status } as Record<string, string>),
      from: day('from', '00:00:00'),
      to: day('to', '23:59:59.999'),
    })
  }
  return html`<details open=${Object.keys(filter).length > 0}><summary>${w.apply}</summary>
    <${Form} key=${choices.value === null} submit=${w.apply} onSend=${send}>${(
      form: FormState,
    ) => html`
      <${Field} form=${form} name="model" type="select" label=${w.model} value=${filter.model} options=${options(choices.value?.models, ({ id }) => id)} />
      <${Field} form=${form} name="key" type="select" label=${w.key} value=${filter.key} options=${options(choices.value?.keys, ({ name }) => name)} />
      <${Field} form=${form} name="status" type="select" label=${w.status} value=${filter.status} options=${[['', w.all], ['ok', w.ok], ['failed', w.failed]]} />
      <${Field} form=${form} name="from" type="date" label=${w.from} value=${dayOf(filter.from)} />
      <${Field} form=${form} name="to" type="date" label=${w.to} value=${dayOf(filter.to)} />`}<//>
  </details>`
}

const dayOf = (iso: string | undefined) => (iso ? new Date(iso).toLocaleDateString('sv-SE') : '')

function RequestTable({ rows, onOpen }: { rows: readonly RequestRow[]; onOpen(id: string): void }) {
  const w = requests()
  const numbers = [w.input, w.cached, w.output, w.cost, w.firstToken, w.duration]
  return html`<${Table} label=${w.title} head=${[w.time, w.model, w.key, w.status, ...numbers.map((number) => ({ number }))]}>
    ${rows.map(
      (row) => html`<tr key=${row.id}>
      <td><button type="button" class="plain" onClick=${() => onOpen(row.id)}><${Time} at=${row.created_at} seconds /></button></td>
      <td>${row.model}</td>
      <td>${row.key_name}</td>
      <td><span class=${row.status < 400 ? 'badge' : 'badge bad'}>${row.status}${row.outcome !== 'complete' && ` ${outcomeName(row.outcome)}`}</span></td>
      <td class="number">${count(row.prompt_tokens)}</td>
      <td class="number">${count(row.cached_tokens)}</td>
      <td class="number">${count(row.completion_tokens)}</td>
      <td class="number"><${Usd} amount=${row.cost} /></td>
      <td class="number">${milliseconds(row.first_token_ms)}</td>
      <td class="number">${milliseconds(row.duration_ms)}</td>
    </tr>`,
    )}
  <//>`
}
