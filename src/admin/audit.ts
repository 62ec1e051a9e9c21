/**
 * What admins do, written down: each act before it is done, and how it ended, with what it changed. An act that cannot be
 * written down is not done. The guard calls this for every route of theirs that changes something, and the runner of commands
 * for every command that does, so none can be forgotten.
 */
import { newId } from '../base/id.ts'
import type { JsonObject } from '../base/json.ts'
import { audit, auditOutcome } from '../store/operator.ts'
import { storable } from '../store/store.ts'
import type { People } from '../user/people.ts'

type Written = Pick<People, 'store' | 'clock' | 'log'>

export interface Act {
  /** A user with her role, or a command. */
  actor: { id: string; role: string }
  /** `POST /api/admin/refunds/:id/approve`, or a command's name. */
  act: string
  params: Readonly<Record<string, string>>
  body: unknown
}

/** What an act changed: handed to the route, which fills it; kept with the outcome. */
export interface Change {
  before?: JsonObject
  after?: JsonObject
}

const secrets = /password|secret|credential|token|code|api_key/i
const longest = 4000

/** Durable when it resolves. Answers the act's id. */
export async function writeAct(
  { store, clock }: Written,
  { actor, act, params, body }: Act,
): Promise<string> {
  const at = clock.now()
  const id = newId('aud_', at)
  const told = (body ?? {}) as Record<string, unknown>
  const reason = told.reason ?? told.decision ?? null
  await store.write((db) => [
    db.insert(audit).values({
      ...{ id, at, actorId: actor.id, actorRole: actor.role },
      ...{ act, subject: Object.values(params).join(' ') || null },
      accountId: params.account ?? (typeof told.account === 'string' ? told.account : null),
      reason: typeof reason === 'string' ? storable(reason).slice(0, longest) : null,
      asked: storable(JSON.stringify(told, redact)).slice(0, longest),
    }),
  ])
  return id
}

/** `outcome`: done, or the code of the refusal. */
export async function writeOutcome(
  { store, clock, log }: Written,
  auditId: string,
  outcome: string,
  { before, after }: Change,
): Promise<void> {
  const shown = (value: JsonObject | undefined) =>
    value === undefined ? null : storable(JSON.stringify(value, redact)).slice(0, longest)
  await store
    .write((db) => [
      db.insert(auditOutcome).values({
        ...{ auditId, at: clock.now(), outcome, before: shown(before), after: shown(after) },
      }),
    ])
    .catch((cause) => log.error('audit.outcome', { audit: auditId, outcome, cause }))
}

function redact(name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'string' || name === '') return value
  return secrets.test(name) || value.startsWith('sk-kk-') ? '…' : value
}
