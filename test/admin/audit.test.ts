/** What admins do is written before it is done, and how it ended; it is never rewritten. */
import { describe, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { Elysia, t } from 'elysia'
import { adminGuard } from '../../src/admin/guard.ts'
import { AppError } from '../../src/base/error.ts'
import { audit, auditOutcome } from '../../src/store/operator.ts'
import { databases } from '../helpers/database.ts'
import { newUser, openPeople } from '../helpers/people.ts'
import { open as openHttp } from '../http/open.ts'

describe.each(databases)('on %s', async (_, open) => {
  const people = await openPeople(await open())
  const { store } = people
  await newUser(people, 'olga', { adminRole: 'operator' })
  const { url } = openHttp((http) =>
    http.use(
      new Elysia({ prefix: '/api/admin' })
        .use(adminGuard(people))
        .get('/things', () => ({ ok: true }), { admin: 'read' })
        .get('/contents', () => ({ ok: true }), { admin: 'investigate' })
        .post(
          '/things/:id',
          ({ body, change }) => {
            if (body.reason === 'wrong') throw new AppError('changed_meanwhile')
            Object.assign(change, { before: { state: 'a' }, after: { state: 'b' } })
            return { ok: true }
          },
          { admin: 'people', body: t.Object({ reason: t.String(), secret: t.String() }) },
        )
        .post('/money', () => ({ ok: true }), { admin: 'money' }),
    ),
  )
  const cookie = (await people.sessions.open('olga', { address: '', agent: null })).split(';')[0]
  const ask = (method: string, path: string, body?: object) =>
    fetch(`${url}/api/admin${path}`, {
      method,
      headers: { cookie: cookie ?? '', 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
  /** Once each act has its outcome: that is written when the answer has gone. */
  const rows = async () => {
    const unanswered = sql`NOT EXISTS (SELECT 1 FROM audit_outcome o WHERE o.audit_id = audit.id)`
    for (let tries = 0; tries < 100; tries++) {
      const [open] = await store.db.select().from(audit).where(unanswered)
      if (!open) break
      await Bun.sleep(10)
    }
    const acts = await store.db.select().from(audit).orderBy(audit.id)
    const outcomes = await store.db.select().from(auditOutcome)
    return acts.map((act) => ({
      ...act,
      ...outcomes.find(({ auditId }) => auditId === act.id),
    }))
  }

  test('who looks leaves no trace, but who looks into content does', async () => {
    await ask('GET', '/things')
    expect(await rows()).toEqual([])
    await ask('GET', '/contents')
    expect(await rows()).toMatchObject([
      { act: 'GET /api/admin/contents', actorId: 'olga', actorRole: 'operator', outcome: 'done' },
    ])
  })

  test('what is done says by whom, to what, why, and what it changed; secrets stay secret', async () => {
    await ask('POST', '/things/thing_1', { reason: 'asked to', secret: 'hidden' })
    const act = (await rows()).find(({ subject }) => subject === 'thing_1')
    expect(act).toMatchObject({
      ...{ act: 'POST /api/admin/things/:id', subject: 'thing_1', reason: 'asked to' },
      ...{ outcome: 'done', before: '{"state":"a"}', after: '{"state":"b"}' },
    })
    expect(act?.asked).not.toContain('hidden')
  })

  test('what was refused says so; what the role does not allow was no act', async () => {
    await ask('POST', '/things/thing_2', { reason: 'wrong', secret: 'x' })
    expect((await ask('POST', '/money')).status).toBe(403)
    const act = (await rows()).find(({ subject }) => subject === 'thing_2')
    expect(act).toMatchObject({
      ...{ outcome: 'changed_meanwhile', before: null },
    })
    expect(await rows()).toHaveLength(3)
  })

  test('nothing of it can be changed or deleted', async () => {
    for (const statement of [
      () => store.write((db) => [db.update(audit).set({ reason: 'other' })]),
      () => store.write((db) => [db.delete(audit)]),
      () => store.write((db) => [db.update(auditOutcome).set({ outcome: 'other' })]),
      () => store.write((db) => [db.delete(auditOutcome)]),
    ]) {
      const outcome = await statement().then(
        () => 'written',
        (cause) => String(cause),
      )
      expect(outcome).toContain('immutable')
    }
  })
})
