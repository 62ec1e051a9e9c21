/**
 * When something was done last, noted in a small file of the data directory by whichever process did it: a backup and a
 * verification run beside the server, which alone writes to the database.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Done {
  backup: { at: number; file: string; bytes: number }
  verify: { at: number; ok: boolean }
}

const pathOf = (data: string, name: keyof Done) => join(data, `last-${name}.json`)

/** Where the directory cannot be written, nothing is noted: what was done is done all the same. */
export function noteDone<Name extends keyof Done>(data: string, name: Name, done: Done[Name]) {
  const path = pathOf(data, name)
  try {
    writeFileSync(`${path}.${process.pid}`, JSON.stringify(done), { mode: 0o600 })
    renameSync(`${path}.${process.pid}`, path)
  } catch {
    // A reader's directory.
  }
}

export function readDone<Name extends keyof Done>(data: string, name: Name): Done[Name] | null {
  try {
    return JSON.parse(readFileSync(pathOf(data, name), 'utf8'))
  } catch {
    return null
  }
}
