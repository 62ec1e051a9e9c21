/** Lists that are long: read in pieces, where what was read stays while the next one comes, or shown in pieces. */
import { useSignal } from '@preact/signals'
import { shell } from '../words/shell.ts'
import { Act } from './act.ts'
import { html } from './html.ts'
import { useLoad } from './load.ts'

interface Piece {
  data: unknown[]
  next: string | null
}

/** `rows` is the list so far; `more` is the button for the next piece, or nothing. */
export function usePieces<P extends Piece>(
  key: string,
  read: (after: string | null) => Promise<P>,
) {
  const later = useSignal<{ key: string; pieces: P[] }>({ key, pieces: [] })
  const first = useLoad(key, async () => {
    const piece = await read(null)
    later.value = { key, pieces: [] }
    return piece
  })
  const added = later.value.key === key ? later.value.pieces : []
  const pieces = first.value === null ? [] : [first.value, ...added]
  const rows = pieces.flatMap(({ data }) => data) as P['data'][number][]
  const next = pieces.at(-1)?.next ?? null
  const add = async () => {
    later.value = { key, pieces: [...added, await read(next)] }
  }
  const more = next !== null && html`<p><${Act} look="" act=${add}>${shell().more}<//></p>`
  return { first, rows, more }
}

const step = 25

/** Of a list that came whole: its first rows, and a button for more. */
export function useSome<Row>(all: readonly Row[]) {
  const shown = useSignal(step)
  const add = () => {
    shown.value += step
  }
  const more =
    shown.value < all.length &&
    html`<p><button type="button" onClick=${add}>${shell().more}</button></p>`
  return { some: all.slice(0, shown.value), more }
}
