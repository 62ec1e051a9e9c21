/** The frame around every page: menus by who looks, notices, language and theme, and the legal links. */
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { api, ask } from '../api.ts'
import { type Language, language, type Theme, theme } from '../language.ts'
import { pages } from '../routes.ts'
import { type AccountFacts, refreshSession, session } from '../session.ts'
import { shell } from '../words/shell.ts'
import { mayAdmin } from './admin.ts'
import { Banner } from './banner.ts'
import { html } from './html.ts'

export function Frame({ children }: { children: ComponentChildren }) {
  const { path } = useLocation()
  const facts = session.value
  const visitor = facts?.visitor ?? null
  const inside =
    /^\/(accounts\/|admin(\/|$))/.test(path) ||
    path === '/settings' ||
    path.startsWith('/settings/')
  const account = visitor ? chosenAccount(path, visitor.accounts) : null
  return html`
    <a class="skip" href="#main">${shell().skip}</a>
    <${TopBar} visitor=${visitor !== null} account=${account} />
    ${visitor && html`<${Banner} /><${Notices} account=${account} />`}
    <div class=${inside && visitor ? 'inside' : 'outside'}>
      ${inside && visitor && html`<${AccountMenu} account=${account} accounts=${visitor.accounts} />`}
      <main id="main" tabindex="-1" ref=${followed}>${children}</main>
    </div>
    <${Foot} />
  `
}

/** The window is named as the page names itself, whenever that changes; what the address points at is shown once it is there. */
function followed(main: HTMLElement | null): void {
  if (main === null) return
  const name = () => {
    const platform = session.value?.brand.platform ?? 'KKCompany AI Platform'
    const heading = main.querySelector('h1')?.textContent?.trim()
    document.title = heading ? `${heading} · ${platform}` : platform
    showTarget()
  }
  new MutationObserver(name).observe(main, { childList: true, subtree: true, characterData: true })
}

let shownFor = ''

function showTarget(): void {
  const { hash, href } = location
  const target = hash !== '' && shownFor !== href ? document.getElementById(hash.slice(1)) : null
  if (target === null) return
  shownFor = href
  target.closest('details')?.setAttribute('open', '')
  target.scrollIntoView()
}

/** The account of the address, else the one looked at last, else the first. */
function chosenAccount(path: string, accounts: readonly AccountFacts[]): AccountFacts | null {
  const named = /^\/accounts\/([^/]+)/.exec(path)?.[1]
  return accounts.find(({ id }) => id === named) ?? accounts[0] ?? null
}

function Item({ path, label, apart }: { path: string; label: string; apart?: boolean }) {
  const { path: here } = useLocation()
  return html`<a href=${path} class=${apart && 'apart'} aria-current=${here === path ? 'page' : undefined}>${label}</a>`
}

function TopBar({ visitor, account }: { visitor: boolean; account: AccountFacts | null }) {
  const { route } = useLocation()
  const w = shell()
  const logout = async () => {
    // First: the page she leaves, still asking, would send her to the log-in.
    route('/')
    await ask(api.logout.post())
    await refreshSession()
  }
  return html`
    <header class="top">
      <a class="brand" href="/">${session.value?.brand.platform ?? 'KKCompany AI Platform'}</a>
      <nav aria-label=${w.mainMenu}>
        ${pages
          .filter(({ who, label }) => who === 'public' && label)
          .map(
            ({ path, label }) =>
              html`<${Item} key=${path} path=${path} label=${label && w.menu[label]} />`,
          )}
      </nav>
      <div class="who">
        ${mayAdmin('read') && html`<a href="/admin">${w.admin}</a>`}
        ${
          visitor
            ? html`<a href=${account ? `/accounts/${account.id}/overview` : '/settings'}>${w.dashboard}</a>
                <button type="button" class="plain" onClick=${logout}>${w.logout}</button>`
            : html`<a href="/login">${w.login}</a><a class="button" href="/register">${w.register}</a>`
        }
      </div>
    </header>
  `
}

function AccountMenu({
  account,
  accounts,
}: {
  account: AccountFacts | null
  accounts: readonly AccountFacts[]
}) {
  const { route } = useLocation()
  const { path: here } = useLocation()
  const admin = /^\/admin(\/|$)/.test(here)
  const open = useSignal(false)
  const w = shell()
  const change = (event: Event) =>
    route(`/accounts/${(event.target as HTMLSelectElement).value}/overview`)
  return html`
    <aside>
      ${
        account &&
        !admin &&
        accounts.length > 1 &&
        html`<label class="chooser"><span>${w.chooseAccount}</span>
          <select onChange=${change}>${accounts.map(
            ({ id, name }) =>
              html`<option key=${id} value=${id} selected=${id === account.id}>${name || id}</option>`,
          )}</select>
        </label>`
      }
      <button type="button" class="opener" aria-expanded=${open.value} onClick=${() => {
        open.value = !open.value
      }}>${w.openMenu}</button>
      <nav aria-label=${w.accountMenu} class=${open.value ? 'open' : ''} onClick=${() => {
        open.value = false
      }}>
        ${pages
          .filter(({ who, label }) => label && (who === 'admin') === admin && who !== 'public')
          .map(({ path, label, who, apart }) =>
            who === 'member' && account === null
              ? null
              : html`<${Item} key=${path} path=${path.replace(':account', account?.id ?? '')} label=${label && w.menu[label]} apart=${apart} />`,
          )}
      </nav>
    </aside>
  `
}

function Notices({ account }: { account: AccountFacts | null }) {
  const w = shell()
  const visitor = session.value?.visitor
  if (!visitor) return null
  return html`
    ${account?.state === 'suspended' && html`<p class="notice bad" role="status">${w.suspended}</p>`}
    ${!visitor.verified && html`<p class="notice" role="status">${w.unverified}</p>`}
    ${
      visitor.documents_to_accept.length > 0 &&
      html`<p class="notice" role="status">${w.termsChanged} <a href="/accept">${w.readTerms}</a></p>`
    }
  `
}

function Foot() {
  const w = shell()
  const legal = ['terms', 'privacy', 'refunds'] as const
  return html`
    <footer>
      <nav aria-label=${session.value?.brand.company ?? ''}>
        ${legal.map((kind) => html`<a key=${kind} href=${`/legal/${kind}`}>${w.legal[kind]}</a>`)}
        <a href="/swagger" target="_top">${w.reference}</a>
      </nav>
      <label>${w.language}
        <select name="language" onChange=${(event: Event) => {
          language.value = (event.target as HTMLSelectElement).value as Language
        }}>
          <option value="en" selected=${language.value === 'en'}>English</option>
          <option value="zh-TW" selected=${language.value === 'zh-TW'}>繁體中文</option>
        </select>
      </label>
      <label>${w.theme}
        <select name="theme" onChange=${(event: Event) => {
          theme.value = (event.target as HTMLSelectElement).value as Theme
        }}>${(['system', 'light', 'dark'] as const).map(
          (one) =>
            html`<option key=${one} value=${one} selected=${theme.value === one}>${w.themes[one]}</option>`,
        )}</select>
      </label>
    </footer>
  `
}
