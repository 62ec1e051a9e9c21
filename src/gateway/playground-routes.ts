/**
 * One prompt from the dashboard against a model, as a call like any other: held, charged, recorded. It is made with a key
 * of the account that has no secret, so that nothing but this page can use it.
 */
import { Elysia } from 'elysia'
import { accountGuard } from '../account/guard.ts'
import { AppError } from '../base/error.ts'
import { newId } from '../base/id.ts'
import { clientDialects } from '../dialects/list.ts'
import { readJson } from '../http/body.ts'
import { describeRefusals } from '../http/describe.ts'
import type { Key } from '../key/key.ts'
import { playgroundHash, unlimited } from '../key/view.ts'
import { key as keyTable } from '../store/schema.ts'
import type { People } from '../user/people.ts'
import { permitAccount } from './caller.ts'
import type { Gateway } from './gateway.ts'
import { relay } from './relay.ts'

export function playgroundRoutes(people: People, app: Gateway) {
  return new Elysia({ name: 'playground', prefix: '/api/accounts/:account' })
    .use(accountGuard(people))
    .post(
      '/playground',
      async ({ member, request, server }): Promise<Response> => {
        const key = await findKey(people, app, member.accountId)
        permitAccount(app, key)
        server?.timeout(request, 0)
        const { value, bytes } = await readJson(request, app.settings.bodyLimitBytes)
        const call = clientDialects['openai-chat'].readRequest(value, bytes)
        const { signal } = request
        return relay(app, key, call, { name: 'playground', traceparent: null, signal })
      },
      {
        may: 'develop',
        parse: 'none',
        detail: {
          ...{ summary: 'A chat completion for the playground', tags: ['Usage'] },
          responses: describeRefusals(
            'session_required',
            'invalid_request',
            'insufficient_credits',
          ),
        },
      },
    )
}

/** Made at the first prompt. Two at once make one, since its hash is the account's. */
async function findKey({ store, clock }: People, app: Gateway, accountId: string): Promise<Key> {
  const hash = playgroundHash(accountId)
  const known = await app.keys.findByHash(hash)
  if (known !== null) return known
  const id = newId('key_', clock.now())
  const row = { ...unlimited, id, hash, suffix: '', accountId, createdAt: clock.now() }
  await store.write((db) => [
    db
      .insert(keyTable)
      .values({ ...row, name: 'playground' })
      .onConflictDoNothing(),
  ])
  const made = await app.keys.findByHash(hash)
  if (made === null) throw new AppError('not_found')
  return made
}
