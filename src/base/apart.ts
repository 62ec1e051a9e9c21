/**
 * Modules that are kept apart (`*-apart.ts`, `*-worker.ts`): the executable holds each as one packed file, a third or a quarter
 * of its size, and unpacks it when it is first asked for. From source they are files like any other.
 */
import { readFileSync } from 'node:fs'

/** Once each: a module that is loaded from the same address is the same module. */
const unpacked = new Map<string, string>()

/** Where to load it from. `url`: of its source, beside the file that asks. */
export function apart({ href, pathname }: URL): string {
  if (!Bun.isStandaloneExecutable) return href
  const known = unpacked.get(href)
  if (known !== undefined) return known
  const code = Bun.gunzipSync(readFileSync(pathname.replace(/\.ts$/, '.js.gz')))
  const address = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }))
  unpacked.set(href, address)
  return address
}
