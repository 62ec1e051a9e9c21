/** What several pages tell of an account at a glance. */
import { api, ask } from '../api.ts'
import { timeZone } from '../format.ts'

export const readOverview = (account: string) =>
  ask(api.accounts({ account }).overview.get({ query: { time_zone: timeZone() } }))
export type OverviewFacts = Awaited<ReturnType<typeof readOverview>>
