/**
 * Every page: its path, who sees it, where the menus show it, and the file that is loaded when it is opened. The build reads
 * the paths here, so that the server knows a page from an address where there is nothing.
 */
import type { ComponentType } from 'preact'
import type { MenuLabel } from './words/shell.ts'

export interface Page {
  /** `:account` and the like are handed to the page as props. */
  path: string
  /** public: all. visitor: who is signed in. member: within an account. admin: who runs the platform. */
  who: 'public' | 'visitor' | 'member' | 'admin'
  /** Its place in the menu, by the word for it; null where no menu leads. */
  label: MenuLabel | null
  /** It begins a group of its menu. */
  apart?: true
  load(): Promise<ComponentType<PageProps>>
}

/** What a page gets: the parts of its path. */
export type PageProps = Record<string, string>

export const pages: readonly Page[] = [
  {
    path: '/',
    who: 'public',
    label: null,
    load: () => import('./pages/home.ts').then((m) => m.Home),
  },
  // biome-ignore format: a table is read by its rows
  { path: '/models', who: 'public', label: 'models', load: () => import('./pages/models.ts').then((m) => m.Models) },
  // biome-ignore format: a table is read by its rows
  { path: '/models/*', who: 'public', label: null, load: () => import('./pages/model.ts').then((m) => m.Model) },
  // biome-ignore format: a table is read by its rows
  { path: '/status', who: 'public', label: 'status', load: () => import('./pages/status.ts').then((m) => m.Status) },
  // biome-ignore format: a table is read by its rows
  { path: '/docs', who: 'public', label: 'docs', load: () => import('./pages/docs.ts').then((m) => m.Docs) },
  // biome-ignore format: a table is read by its rows
  { path: '/docs/:page', who: 'public', label: null, load: () => import('./pages/docs.ts').then((m) => m.Docs) },
  // biome-ignore format: a table is read by its rows
  { path: '/legal/:kind', who: 'public', label: null, load: () => import('./pages/legal.ts').then((m) => m.Legal) },
  // biome-ignore format: a table is read by its rows
  { path: '/legal/:kind/:version', who: 'public', label: null, load: () => import('./pages/legal.ts').then((m) => m.Legal) },
  // biome-ignore format: a table is read by its rows
  { path: '/accept', who: 'visitor', label: null, load: () => import('./pages/accept.ts').then((m) => m.Accept) },
  // biome-ignore format: a table is read by its rows
  { path: '/register', who: 'public', label: null, load: () => import('./pages/register.ts').then((m) => m.Register) },
  // biome-ignore format: a table is read by its rows
  { path: '/login', who: 'public', label: null, load: () => import('./pages/login.ts').then((m) => m.Login) },
  // biome-ignore format: a table is read by its rows
  { path: '/verify', who: 'public', label: null, load: () => import('./pages/verify.ts').then((m) => m.Verify) },
  // biome-ignore format: a table is read by its rows
  { path: '/reset', who: 'public', label: null, load: () => import('./pages/reset.ts').then((m) => m.Reset) },
  // biome-ignore format: a table is read by its rows
  { path: '/reset/confirm', who: 'public', label: null, load: () => import('./pages/reset-confirm.ts').then((m) => m.ResetConfirm) },
  // biome-ignore format: a table is read by its rows
  { path: '/address', who: 'public', label: null, load: () => import('./pages/address.ts').then((m) => m.Address) },
  // biome-ignore format: a table is read by its rows
  { path: '/invitation', who: 'public', label: null, load: () => import('./pages/invitation.ts').then((m) => m.Invitation) },
  // biome-ignore format: a table is read by its rows
  { path: '/setup', who: 'public', label: null, load: () => import('./pages/setup.ts').then((m) => m.Setup) },
  // biome-ignore format: a table is read by its rows
  { path: '/demo/mails', who: 'public', label: null, load: () => import('./pages/mails.ts').then((m) => m.Mails) },
  // biome-ignore format: a table is read by its rows
  { path: '/accounts/:account/start', who: 'member', label: 'start', load: () => import('./pages/first-steps.ts').then((m) => m.FirstSteps) },
  // biome-ignore format: a table is read by its rows
  { path: '/accounts/:account/overview', who: 'member', label: 'overview', load: () => import('./pages/overview.ts').then((m) => m.Overview) },
  // biome-ignore format: a table is read by its rows
  { path: '/accounts/:account/keys', who: 'member', label: 'keys', load: () => import('./pages/keys.ts').then((m) => m.Keys) },
  // biome-ignore format: a table is read by its rows
  { path: '/accounts/:account/usage', who: 'member', label: 'usage', load: () => import('./pages/usage.ts').then((m) => m.Usage) },
  // biome-ignore format: a table is read by its rows
  { path: '/accounts/:account/requests', who: 'member', label: 'requests', load: () => import('./pages/requests.ts').then((m) => m.Requests) },
  // biome-ignore format: a table is read by its rows
  { path: '/accounts/:account/billing', who: 'member', label: 'billing', load: () => import('./pages/billing.ts').then((m) => m.Billing) },
  // biome-ignore format: a table is read by its rows
  { path: '/accounts/:account/top-ups/:id', who: 'member', label: null, load: () => import('./pages/top-up.ts').then((m) => m.TopUpPage) },
  // biome-ignore format: a table is read by its rows
  { path: '/accounts/:account/receipts/:number', who: 'member', label: null, load: () => import('./pages/receipt.ts').then((m) => m.Receipt) },
  // biome-ignore format: a table is read by its rows
  { path: '/accounts/:account/playground', who: 'member', label: 'playground', load: () => import('./pages/playground.ts').then((m) => m.Playground) },
  // biome-ignore format: a table is read by its rows
  { path: '/accounts/:account/members', who: 'member', label: 'members', load: () => import('./pages/members.ts').then((m) => m.Members) },
  // biome-ignore format: a table is read by its rows
  { path: '/accounts/:account/settings', who: 'member', label: 'account', load: () => import('./pages/account.ts').then((m) => m.AccountSettings) },
  // biome-ignore format: a table is read by its rows
  { path: '/accounts/new', who: 'visitor', label: null, load: () => import('./pages/new-account.ts').then((m) => m.NewAccount) },
  // biome-ignore format: a table is read by its rows
  { path: '/settings', who: 'visitor', label: 'settings', apart: true, load: () => import('./pages/settings.ts').then((m) => m.Settings) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin', who: 'admin', label: 'adminOverview', load: () => import('./pages/admin-overview.ts').then((m) => m.AdminOverview) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/accounts', who: 'admin', label: 'adminAccounts', apart: true, load: () => import('./pages/admin-accounts.ts').then((m) => m.AdminAccounts) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/accounts/:account', who: 'admin', label: null, load: () => import('./pages/admin-account.ts').then((m) => m.AdminAccount) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/users', who: 'admin', label: 'adminUsers', load: () => import('./pages/admin-users.ts').then((m) => m.AdminUsers) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/payments', who: 'admin', label: 'adminPayments', apart: true, load: () => import('./pages/admin-payments.ts').then((m) => m.AdminPayments) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/refunds', who: 'admin', label: 'adminRefunds', load: () => import('./pages/admin-refunds.ts').then((m) => m.AdminRefunds) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/vouchers', who: 'admin', label: 'adminVouchers', load: () => import('./pages/admin-vouchers.ts').then((m) => m.AdminVouchers) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/models', who: 'admin', label: 'adminModels', apart: true, load: () => import('./pages/admin-models.ts').then((m) => m.AdminModels) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/channels', who: 'admin', label: 'adminChannels', load: () => import('./pages/admin-channels.ts').then((m) => m.AdminChannels) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/reports', who: 'admin', label: 'adminReports', load: () => import('./pages/admin-reports.ts').then((m) => m.AdminReports) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/investigations', who: 'admin', label: 'adminInvestigations', apart: true, load: () => import('./pages/admin-investigations.ts').then((m) => m.AdminInvestigations) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/audit', who: 'admin', label: 'adminAudit', load: () => import('./pages/admin-audit.ts').then((m) => m.AdminAudit) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/announcements', who: 'admin', label: 'adminAnnouncements', apart: true, load: () => import('./pages/admin-announcements.ts').then((m) => m.AdminAnnouncements) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/documents', who: 'admin', label: 'adminDocuments', load: () => import('./pages/admin-documents.ts').then((m) => m.AdminDocuments) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/mails', who: 'admin', label: 'adminMails', load: () => import('./pages/admin-mails.ts').then((m) => m.AdminMails) },
  // biome-ignore format: a table is read by its rows
  { path: '/admin/system', who: 'admin', label: 'adminSystem', load: () => import('./pages/admin-system.ts').then((m) => m.AdminSystem) },
]
