/** The operator's reports: which one stands in the address. */
import { html } from '../parts/html.ts'
import { ProvidersReport } from '../parts/provider-costs.ts'
import { useQuery } from '../parts/query.ts'
import { RecentDialog } from '../parts/recent.ts'
import {
  FeesReport,
  LiabilityReport,
  RevenueReport,
  TaxReport,
  UnreconciledReport,
} from '../parts/reports.ts'
import { adminReports } from '../words/admin-reports.ts'

const reports = {
  liability: LiabilityReport,
  revenue: RevenueReport,
  tax: TaxReport,
  fees: FeesReport,
  providers: ProvidersReport,
  unreconciled: UnreconciledReport,
} as const
const names = Object.keys(reports) as (keyof typeof reports)[]

export function AdminReports() {
  const w = adminReports()
  const { query } = useQuery()
  const name = names.find((one) => one === query.report) ?? 'liability'
  return html`
    <h1>${w.title}</h1>
    <nav class="row" aria-label=${w.choose}>${names.map(
      (one) =>
        html`<a key=${one} href=${`/admin/reports?report=${one}`} aria-current=${one === name ? 'page' : undefined}>${w.reports[one]}</a>`,
    )}</nav>
    <div class="row between"><p>${w.leads[name]} ${w.lead}</p>
      <a class="button quiet" download href=${`/api/admin/reports/${name}.csv`}>${w.csv}</a></div>
    <${reports[name]} key=${name} />
    <${RecentDialog} />
  `
}
