/** The link of the mail to a new address (`?token=`), which takes the old one's place. */
import { api, ask } from '../api.ts'
import { Confirmed } from '../parts/confirmed.ts'
import { html } from '../parts/html.ts'
import { useQuery } from '../parts/query.ts'
import { login } from '../words/login.ts'

export function Address() {
  const w = login()
  const { query } = useQuery()
  const confirm = () => ask(api.address.confirm.post({ token: query.token ?? '' }))
  return html`<${Confirmed} title=${w.changeTitle} done=${w.changed} confirm=${confirm}>
    <p>${w.changeAgain} <a href="/settings">${w.toSettings}</a></p><//>`
}
