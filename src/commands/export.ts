/** `kkai export usage`: an account's usage records as CSV, or with `--json` as JSON lines, read page by page. */
import { and, asc, eq, sql } from 'drizzle-orm'
import { AppError } from '../base/error.ts'
import { unitClasses } from '../base/units.ts'
import { readSettings } from '../config.ts'
import type { StoreReader } from '../store/reader.ts'
import { account as accounts, usage } from '../store/schema.ts'
import { processCommand } from './command.ts'
import { openForReading } from './reader.ts'

const pageSize = 1000

export const exportUsage = processCommand<{ account: string }>({
  name: 'export usage',
  about: 'Write an account’s usage records to stdout: CSV, or with --json one JSON object a line.',
  options: [{ flags: '--account <account>', about: 'whose', needed: true }],
  examples: ['kkai export usage --account acc_01k… > usage.csv'],
  start: async ({ values: { account }, flags, json, print }) => {
    const store = await openForReading(readSettings(flags).config)
    try {
      await refuseUnknown(store, account)
      if (!json) await print(columns.join(','))
      for await (const page of readPages(store, account)) {
        const lines = page.map((row) => (json ? JSON.stringify(row) : csvLine(Object.values(row))))
        await print(lines.join('\n'))
      }
      return 0
    } finally {
      await store.close()
    }
  },
})

async function refuseUnknown({ db }: StoreReader, id: string): Promise<void> {
  const [row] = await db.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, id))
  if (!row) throw new AppError('not_found', { message: `There is no account ${id}.` })
}

type Row = ReturnType<typeof describe>

/** By time and id, which the index has; each page is a query of its own, so that no long one holds the log up. */
async function* readPages({ db }: StoreReader, accountId: string): AsyncGenerator<Row[]> {
  let last: { createdAt: number; id: string } = { createdAt: -1, id: '' }
  for (;;) {
    const later = sql`(${usage.createdAt}, ${usage.id}) > (${last.createdAt}, ${last.id})`
    const rows = await db
      .select()
      .from(usage)
      .where(and(eq(usage.accountId, accountId), later))
      .orderBy(asc(usage.createdAt), asc(usage.id))
      .limit(pageSize)
    if (rows.length > 0) yield rows.map(describe)
    if (rows.length < pageSize) return
    last = rows.at(-1)!
  }
}

/** A record as it is exported; amounts are texts, since a float would round them. */
function describe(row: typeof usage.$inferSelect) {
  return {
    id: row.id,
    created_at: new Date(row.createdAt).toISOString(),
    model: row.modelId,
    ...(Object.fromEntries(unitClasses.map((unit) => [unit, row[unit]])) as Record<
      (typeof unitClasses)[number],
      number
    >),
    price_version: row.priceId,
    cost_nano: row.cost.toString(),
    charged_nano: row.charged.toString(),
    usage_source: row.usageSource,
    outcome: row.outcome,
    flags: row.flags,
  }
}

const columns: (keyof Row)[] = [
  ...(['id', 'created_at', 'model', ...unitClasses, 'price_version'] as const),
  ...(['cost_nano', 'charged_nano', 'usage_source', 'outcome', 'flags'] as const),
]

/** RFC 4180; what a spreadsheet would take for a formula is marked as text. */
function csvLine(values: readonly (string | number | null)[]): string {
  return values.map(csvCell).join(',')
}

export function csvCell(value: string | number | null): string {
  const text = String(value ?? '')
  const safe = /^[=+\-@\t\r]/.test(text) && typeof value === 'string' ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
