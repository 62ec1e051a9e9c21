/** A list that is read in pieces: what was read stays while the next piece comes. */
import { useSignal } from '@preact/signals'
import { shell } from '../words/shell.ts'
import { Act } from './act.ts'
import { html } from './html.ts'
import { type Loaded, useLoad } from './load.ts'

interface Piece<T> {
  data: T[]
  next: string | null
}

/** `rows` is the list so far; `more` is the button for the next piece, or nothing. */
export function usePieces<T>(key: string, read: (after: string | null) => Promise<Piece<T>>) {
  const later = useSignal<{ key: string; pieces: Piece<T>[] }>({ key, pieces: [] })
  const first: Loaded<Piece<T>> = useLoad(key, async () => {
    const piece = await read(null)
    later.value = { key, pieces: [] }
    return piece
  })
  const pieces = later.value.key === key ? later.value.pieces : []
  const rows = [...(first.value?.data ?? []), ...pieces.flatMap(({ data }) => data)]
  const next = pieces.length > 0 ? pieces.at(-1)?.next : first.value?.next
  const add = async () => {
    const piece = await read(next ?? null)
    later.value = { key, pieces: [...pieces, piece] }
  }
  const more = next ? html`<p><${Act} look="" act=${add}>${shell().more}<//></p>` : null
  return { first, rows, more }
}
