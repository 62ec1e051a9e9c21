/**
 * Whether time tells who has a user here: log-ins with a wrong password, at a known and at an unknown address by turns. Run it
 * by itself on a machine that is calm: `bun test/bench/login-timing.ts`. Fails where the medians are 5 ms apart or more.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newAccount } from '../../src/account/create.ts'
import { openParts } from '../../src/app.ts'
import { silentLog } from '../../src/base/log.ts'
import { readSettings } from '../../src/config.ts'
import { createHttp, startHttp } from '../../src/http/server.ts'
import { user } from '../../src/store/people.ts'
import { hashPassword } from '../../src/user/password.ts'
import { userRoutes } from '../../src/user/routes.ts'
import { median, round } from './table.ts'

const tries = 200
const warmUp = 20
const mostMs = 5

const data = mkdtempSync(join(tmpdir(), 'kkai-timing-'))
const { config } = readSettings({ data, trusted_proxies: '127.0.0.1' }, {})
const parts = await openParts(config, silentLog)
const passwordHash = await hashPassword('correct horse battery')
await parts.store.write((db) =>
  Array.from({ length: tries + warmUp }, (_, at) =>
    db
      .insert(user)
      .values({ id: `usr_${at}`, email: `known${at}@example.com`, passwordHash, createdAt: 0 }),
  ),
)
const listen = { hostname: '127.0.0.1', port: 0 }
const { bodyLimitBytes } = config
const http = createHttp({ ...parts, listen, publicUrl: () => null, bodyLimitBytes })
http.use(userRoutes(parts, newAccount))
const { url } = startHttp(http, listen)

/** Each try at another address and from another block, so that none is refused for being one too many. */
async function tryAt(who: string, at: number): Promise<number> {
  const began = performance.now()
  const reply = await fetch(`${url}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': `10.0.${at}.1` },
    body: JSON.stringify({ email: `${who}${at}@example.com`, password: 'wrong' }),
  })
  const { error } = (await reply.json()) as { error: { code: string } }
  if (error.code !== 'wrong_password') throw new Error(`The log-in ended with ${error.code}.`)
  return performance.now() - began
}

const took: Record<string, number[]> = { known: [], unknown: [] }
for (let at = 0; at < tries + warmUp; at++) {
  // Who is first alternates, so that neither pays for what the other left behind.
  const order = at % 2 === 0 ? ['known', 'unknown'] : ['unknown', 'known']
  for (const who of order) {
    const ms = await tryAt(who, at)
    if (at >= warmUp) took[who]?.push(ms)
  }
}
await http.server?.stop(true)
await parts.close()
rmSync(data, { recursive: true, force: true })

const [known, unknown] = [median(took.known ?? []), median(took.unknown ?? [])]
const apart = Math.abs(known - unknown)
const told = `known ${round(known)} ms, unknown ${round(unknown)} ms, ${round(apart)} ms apart`
process.stdout.write(`${tries} log-ins each: ${told} (less than ${mostMs} ms allowed)\n`)
process.exit(apart < mostMs ? 0 : 1)
