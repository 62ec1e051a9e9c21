import { afterEach, expect, test } from 'bun:test'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { FatalError } from '../../src/base/error.ts'
import { lock, tryLock } from '../../src/store/lock.ts'
import { newDirectory } from '../helpers/database.ts'

const children: Bun.Subprocess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

async function holder(directory: string) {
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'hold-lock.ts'), directory])
  children.push(child)
  const { value } = await child.stdout.getReader().read()
  return { child, said: new TextDecoder().decode(value).trim() }
}

test('a data directory has one process: the second is refused in one sentence', async () => {
  const directory = newDirectory()
  expect((await holder(directory)).said).toBe('held')
  expect((await holder(directory)).said).toBe('refused')
  expect(tryLock(directory)).toBeNull()
  expect(() => lock(directory)).toThrow(
    `The data directory ${directory} is in use by another process. Stop it first, or choose another directory with --data.`,
  )
})

test('a holder killed by kill -9 leaves nothing behind', async () => {
  const directory = newDirectory()
  const { child } = await holder(directory)
  child.kill('SIGKILL')
  await child.exited
  const held = tryLock(directory)
  expect(held).not.toBeNull()
  held?.release()
})

test('a released lock can be taken again', () => {
  const directory = newDirectory()
  lock(directory).release()
  lock(directory).release()
})

test('a directory that cannot be made is told in one sentence', () => {
  const file = join(newDirectory(), 'file')
  writeFileSync(file, '')
  expect(() => lock(join(file, 'data'))).toThrow(FatalError)
  expect(() => lock(join(file, 'data'))).toThrow('cannot be written')
})
