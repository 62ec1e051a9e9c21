/**
 * Run with a limit on file sizes: writes rows of that prefix until the disk is full, stops, and says what was acknowledged and
 * what came after.
 */
import { AppError } from '../../src/base/error.ts'
import { account } from '../../src/store/schema.ts'
import { openSqlite } from '../../src/store/sqlite.ts'

// A write past the limit shall fail as on a full disk, not end the process.
process.on('SIGXFSZ', () => {})

const [path = '', prefix = ''] = process.argv.slice(2)
const store = await openSqlite(path, 0)
let acknowledged = 0
const failures = new Set<string>()
for (let batch = 0; batch < 400; batch++) {
  const writes = Array.from({ length: 10 }, (_, at) =>
    store.write((db) =>
      [0, 1].map((half) =>
        db.insert(account).values({
          ...{ id: `${prefix}${batch}-${at}-${half}`, kind: 'person', createdAt: 0 },
          stateReason: 'x'.repeat(3000),
        }),
      ),
    ),
  )
  for (const { status, ...outcome } of await Promise.allSettled(writes)) {
    if (status === 'fulfilled') acknowledged++
    else {
      const cause = 'reason' in outcome ? outcome.reason : null
      failures.add(cause instanceof AppError ? cause.code : String(cause))
    }
  }
}
await store.close()
process.stdout.write(JSON.stringify({ acknowledged, failures: [...failures] }))
