/** A search that stands in the page's address. */
import { html } from './html.ts'
import { useQuery } from './query.ts'

interface SearchProps {
  /** In the address. */
  name: string
  label: string
  hint?: string
}

export function Search({ name, label, hint }: SearchProps) {
  const { query, change } = useQuery()
  const search = (event: SubmitEvent) => {
    event.preventDefault()
    const form = new FormData(event.currentTarget as HTMLFormElement)
    change({ [name]: String(form.get(name)).trim() })
  }
  return html`<form role="search" class="row filters" onSubmit=${search}>
    <div class="field"><label for=${`search-${name}`}>${label}</label>
      <input id=${`search-${name}`} type="search" name=${name} maxlength="200" autocomplete="off" spellcheck=${false}
        aria-describedby=${`search-${name}-hint`} key=${query[name]} defaultValue=${query[name] ?? ''} /></div>
    <button type="submit">${label}</button>
    ${hint && html`<small id=${`search-${name}-hint`}>${hint}</small>`}</form>`
}
