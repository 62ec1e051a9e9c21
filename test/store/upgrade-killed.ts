/** Upgrades the database at that path, and kills itself before the nth statement of it; says how many there were if not killed. */
import { Database } from 'bun:sqlite'
import { openSqlite } from '../../src/store/sqlite.ts'

const [path = '', nth = ''] = process.argv.slice(2)
const { run } = Database.prototype
let count = 0
Database.prototype.run = function (...args) {
  if (count++ === Number(nth)) process.kill(process.pid, 'SIGKILL')
  return run.apply(this, args)
}
await openSqlite(path, Date.now())
process.stdout.write(`${count}`)
