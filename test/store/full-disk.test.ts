import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { account } from '../../src/store/schema.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { newDirectory, now } from '../helpers/database.ts'

test('on a full disk writes are refused as storage trouble, and what was acknowledged is there, whole', async () => {
  const path = join(newDirectory(), 'kkai.db')
  const program = join(import.meta.dir, 'full-disk.ts')
  let acknowledged = 0
  // First only the log is too large; then also the file that it would be brought into.
  for (const prefix of ['a', 'b']) {
    const child = Bun.spawnSync([
      ...['sh', '-c', 'ulimit -f 4000; exec "$@"', 'sh'],
      ...[process.execPath, program, path, prefix],
    ])
    expect(String(child.stderr)).toBe('')
    const said = JSON.parse(String(child.stdout))
    expect(said.failures).toEqual(['storage_unavailable'])
    expect(said.acknowledged).toBeGreaterThan(10)
    acknowledged += said.acknowledged
  }

  const store = await openSqlite(path, now)
  const rows = (await store.db.select().from(account)).filter(({ kind }) => kind === 'person')
  const halves = new Map<string, number>()
  for (const { id } of rows) {
    const write = id.slice(0, -2)
    halves.set(write, (halves.get(write) ?? 0) + 1)
  }
  expect([...halves.values()].every((count) => count === 2)).toBe(true)
  expect(halves.size).toBe(acknowledged)
  await store.close()
})
