/**
 * Rises that were told and do not come: of the versions for one time a later one has other prices. Who was told of such a
 * rise is told once that it was called off, in the same ways; a rise that comes in its place is told as every other.
 */
import { and, eq, ne, sql } from 'drizzle-orm'
import { type AccountRow, shownName } from '../account/account.ts'
import type { Catalog, Model } from '../catalog/model.ts'
import { sameRates } from '../catalog/price.ts'
import type { CalledOffRise } from '../mail/letter.ts'
import { alert } from '../store/people.ts'
import { account } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { remember } from './alert.ts'
import { dayMs, type Notice, type Telling, tell } from './tell.ts'

const kind = 'price_rise_called_off' as const

interface Replaced extends CalledOffRise {
  /** The price version. */
  subject: string
}

/** Asks the store only where a version was replaced. */
export async function tellCalledOff(telling: Telling, { models }: Catalog): Promise<void> {
  const now = telling.clock.now()
  const told = new Map<string, { row: AccountRow; rises: Replaced[] }>()
  for (const rise of [...models.values()].flatMap((model) => replacedVersions(model, now))) {
    for (const row of await findTold(telling.store, rise.subject)) {
      const { rises } = told.get(row.id) ?? { rises: [] }
      told.set(row.id, { row, rises: [...rises, rise] })
    }
  }
  for (const { row, rises } of told.values()) {
    await tell(telling, writeNotice(row, rises), (db) =>
      rises.map(({ subject }) => remember(db, row.id, kind, subject, now)),
    )
  }
}

/** Also for a day after their time: of what was called off in its last minute nobody was told before. */
function replacedVersions({ id: model, sell }: Model, now: number): Replaced[] {
  return sell.flatMap(({ id: subject, effectiveFrom: at, rates }) => {
    const counting = sell.findLast(({ effectiveFrom }) => effectiveFrom === at)
    const stays = counting === undefined || sameRates(counting.rates, rates)
    return at <= now - dayMs || stays ? [] : [{ subject, model, at }]
  })
}

async function findTold({ db }: Store, version: string): Promise<AccountRow[]> {
  const rows = await db
    .select({ account })
    .from(alert)
    .innerJoin(account, eq(account.id, alert.accountId))
    .where(
      and(
        ...[eq(alert.kind, 'price_rise'), eq(alert.subject, version), ne(account.state, 'closed')],
        sql`NOT EXISTS (SELECT 1 FROM alert known WHERE known.account_id = ${account.id}
          AND known.kind = ${kind} AND known.subject = ${version})`,
      ),
    )
  return rows.map((row) => row.account)
}

/** Who muted rises was mailed of none. Each is mailed: what was said must not stand for a day. */
function writeNotice(row: AccountRow, rises: readonly Replaced[]): Notice {
  const told = rises.map(({ model, at }) => ({ model, at }))
  return {
    ...{ accountId: row.id, kind: 'price_rise', daily: null },
    letter: { kind, path: '/models', accountName: shownName(row), rises: told },
    events: told.map(({ model, at }) => ({
      type: kind,
      data: { account_id: row.id, model, effective_at: new Date(at).toISOString() },
    })),
  }
}
