/** What a page shows stands in its address: filters and what is opened, so that links, reloads and the back button keep them. */
import { useLocation } from 'preact-iso'

export function useQuery() {
  const { query, path, route } = useLocation()
  /** Null and '' take a name out. `replace`: for what is typed, so that the back button does not undo letters. */
  const change = (changes: Record<string, string | null>, replace = false) => {
    const next = new URLSearchParams(query)
    for (const [name, value] of Object.entries(changes)) {
      if (value === null || value === '') next.delete(name)
      else next.set(name, value)
    }
    const text = next.toString()
    route(text === '' ? path : `${path}?${text}`, replace)
  }
  return { query: query as Record<string, string | undefined>, change }
}

/** The same as an address, for a link; without the names that are not set. */
export function withQuery(path: string, query: Record<string, string | null | undefined>): string {
  const set = Object.entries(query).filter(([, value]) => value)
  const text = new URLSearchParams(set as [string, string][]).toString()
  return text === '' ? path : `${path}?${text}`
}
