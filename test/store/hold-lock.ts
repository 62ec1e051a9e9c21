/** Takes the lock of a directory, says so, and waits to be killed. */
import { tryLock } from '../../src/store/lock.ts'

const held = tryLock(process.argv[2] ?? '')
process.stdout.write(held === null ? 'refused\n' : 'held\n')
setInterval(() => held?.release.name, 1000)
