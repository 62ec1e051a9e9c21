/** Where the pages start: the frame around them, and the page of the address, loaded when it is opened. */
import { render } from 'preact'
import { useEffect } from 'preact/hooks'
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from 'preact-iso'
import { mayAdmin } from './parts/admin.ts'
import { Frame } from './parts/frame.ts'
import { html } from './parts/html.ts'
import { type Page, type PageProps, pages } from './routes.ts'
import { loginPath, refreshSession, session } from './session.ts'
import { shell } from './words/shell.ts'

let opened = false

function guarded(page: Page) {
  const Shown = lazy(page.load)
  return function Guarded(props: { params?: PageProps; rest?: string }) {
    const { route } = useLocation()
    const visitor = session.value?.visitor ?? null
    const closed = page.who !== 'public' && session.value !== null && visitor === null
    useEffect(() => {
      if (closed) route(loginPath(), true)
    }, [closed])
    useEffect(() => {
      // Not when the site is opened: the way by keyboard begins at the top there.
      if (opened) document.querySelector('main')?.focus({ preventScroll: true })
      opened = true
    }, [])
    if (page.who !== 'public' && visitor === null)
      return html`<p class="state" role="status">${shell().loading}</p>`
    if (page.who === 'admin' && !mayAdmin('read')) return html`<${NotFound} />`
    return html`<${Shown} ...${props.params} rest=${props.rest} />`
  }
}

const routed = pages.map((page) => ({ path: page.path, component: guarded(page) }))

function NotFound() {
  return html`<h1>${shell().notFound}</h1><p><a href="/">${shell().toStart}</a></p>`
}

function Site() {
  return html`
    <${LocationProvider}>
      <${Frame}>
        <${ErrorBoundary}>
          <${Router}>
            ${routed.map(({ path, component }) => html`<${Route} key=${path} path=${path} component=${component} />`)}
            <${Route} default component=${NotFound} />
          <//>
        <//>
      <//>
    <//>
  `
}

// A page that comes back from the browser's memory shows what was, such as the balance before a payment.
addEventListener('pageshow', (event) => {
  if ((event as PageTransitionEvent).persisted) location.reload()
})
refreshSession().catch(() => {
  // Not reached: public pages work, and what needs a session says so itself.
  session.value = null
})
render(html`<${Site} />`, document.getElementById('page') as HTMLElement)
