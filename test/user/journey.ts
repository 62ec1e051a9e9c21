/** Journeys to a provider and back: what a browser is sent to and comes home with. */
import { expect } from 'bun:test'
import { openTestSqlite } from '../helpers/database.ts'
import type { Elsewhere } from '../helpers/identity-provider.ts'
import { type Browser, openSite, type Reply } from './site.ts'

export const ann = { email: 'Ann@Example.com', email_verified: true, name: 'Ann' }
export const subject = '4711'

/** On the way to and from `elsewhere`, one for the tests of a file. */
export async function openWithElsewhere(elsewhere: Elsewhere) {
  elsewhere.persons.set(subject, ann)
  const site = await openSite(await openTestSqlite(), elsewhere.settings)
  /** The provider's page that she is sent to. */
  async function leave(browser: Browser, id: string, query = ''): Promise<string> {
    const { headers } = await browser.ask('GET', `/api/oauth/${id}${query}`)
    return headers.get('location') ?? ''
  }
  /** Where she is sent in the end, and by which answer. */
  async function comeBack(browser: Browser, { pathname, search }: URL): Promise<Reply> {
    return browser.ask('GET', pathname + search)
  }
  const go = async (browser: Browser, id: string, query = '', who = subject) =>
    comeBack(browser, await elsewhere.visit(await leave(browser, id, query), who))
  const form = { name: 'Ann', language: 'en', kind: 'person', adult: true, authority: false }
  const affirm = (browser: Browser, ticketOf: string, more: object = {}) =>
    browser.ask('POST', '/api/register/oauth', {
      ...{ ...form, ticket: ticketOf, documents: site.documents },
      ...more,
    })
  /** A user who came from there. */
  async function settle(id: string): Promise<Browser> {
    const browser = site.browser()
    const reply = await affirm(browser, paramOf(await go(browser, id), 'ticket'))
    expect(reply.body).toEqual({ state: 'in' })
    return browser
  }
  return { ...site, leave, comeBack, go, affirm, settle }
}

export const placeOf = ({ headers }: Reply) => headers.get('location') ?? ''
export const paramOf = (reply: Reply, name: string) =>
  new URL(placeOf(reply), 'https://ai.example.com').searchParams.get(name) ?? ''
