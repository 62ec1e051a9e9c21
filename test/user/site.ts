/** The routes of people over real HTTP, and browsers that keep cookies. Requests may come from anywhere: the proxy is trusted. */
import { newAccount } from '../../src/account/create.ts'
import { sha256 } from '../../src/base/secret.ts'
import { currentDocuments, seedDocuments } from '../../src/legal/document.ts'
import { factorRoutes } from '../../src/user/factor-routes.ts'
import { oauthRoutes } from '../../src/user/oauth-routes.ts'
import { hashPassword } from '../../src/user/password.ts'
import { userRoutes } from '../../src/user/routes.ts'
import type { TestStore } from '../helpers/database.ts'
import { newUser, openPeople } from '../helpers/people.ts'
import { open } from '../http/open.ts'

export const password = 'correct horse battery'
export const minuteMs = 60_000
export const dayMs = 24 * 60 * minuteMs

export interface Reply {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: a test reads what came and compares it
  body: any
}

export interface Browser {
  /** By name, as the server set them. */
  cookies: Map<string, string>
  ask(method: string, path: string, body?: unknown, headers?: object): Promise<Reply>
}

export type Site = Awaited<ReturnType<typeof openSite>>

export async function openSite(store: TestStore, settings: Record<string, string> = {}) {
  const people = await openPeople(store, { trusted_proxies: '127.0.0.1', ...settings })
  // The documents are in force by then.
  people.clock.move(100 * dayMs)
  await seedDocuments(store, people.clock.now())
  const documents = (await currentDocuments(store, people.clock.now())).map(({ id }) => id)
  const { url } = open((http) =>
    http
      .use(userRoutes(people, newAccount))
      .use(factorRoutes(people))
      .use(oauthRoutes(people, newAccount)),
  )
  const browser = (from?: From) => openBrowser(url, from)

  /** A browser in which that user is logged in. */
  async function logIn(id: string, from?: From): Promise<Browser> {
    const hers = browser(from)
    const { status } = await hers.ask('POST', '/api/login', login(id))
    if (status !== 200) throw new Error(`${id} could not log in: ${status}`)
    return hers
  }
  /** Solved as a browser does it. */
  async function captcha(): Promise<string> {
    return solve((await browser().ask('GET', '/api/captcha')).body)
  }
  return {
    ...{ url, people, store, documents, browser, logIn, captcha },
    user: async (id: string, more: Parameters<typeof newUser>[2] = {}) =>
      newUser(people, id, { passwordHash: await hashPassword(password), ...more }),
  }
}

export interface From {
  address?: string
  agent?: string
}

export function openBrowser(
  url: string,
  { address = '192.0.2.1', agent = 'Firefox' }: From = {},
): Browser {
  const cookies = new Map<string, string>()
  async function ask(method: string, path: string, body?: unknown, headers = {}): Promise<Reply> {
    const response = await fetch(url + path, {
      ...{ method, redirect: 'manual' },
      headers: {
        ...{ 'content-type': 'application/json', 'user-agent': agent, 'x-forwarded-for': address },
        cookie: [...cookies].map((pair) => pair.join('=')).join('; '),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text && JSON.parse(text) }
  }
  return { cookies, ask }
}

interface Puzzle {
  algorithm: string
  challenge: string
  maxnumber: number
  salt: string
  signature: string
}

export function solve({ algorithm, challenge, maxnumber, salt, signature }: Puzzle): string {
  for (let number = 0; number <= maxnumber; number++) {
    if (sha256(salt + number) !== challenge) continue
    return btoa(JSON.stringify({ algorithm, challenge, number, salt, signature }))
  }
  throw new Error('The puzzle has no solution.')
}

export const login = (id: string, given = password) => ({
  email: `${id}@example.com`,
  password: given,
})

/** Status and code of a refusal, and what it is about. */
export const refusal = ({ status, body }: Reply) => [status, body.error?.code, body.error?.param]
