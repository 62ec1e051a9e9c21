/**
 * Every migration, in order: one file and one line each. Written once, for SQLite; `store/migrate.ts` turns the text into
 * PostgreSQL's, and where it cannot, a `.postgres.sql` file stands beside. A released migration never changes:
 * a test holds what each of them hashes to.
 */
import start from './0001_start.sql' with { type: 'text' }
import immutablePostgres from './0002_immutable.postgres.sql' with { type: 'text' }
import immutable from './0002_immutable.sql' with { type: 'text' }
import people from './0003_people.sql' with { type: 'text' }
import body from './0004_body.sql' with { type: 'text' }
import credit from './0005_credit.sql' with { type: 'text' }
import operator from './0006_operator.sql' with { type: 'text' }
import auditPostgres from './0007_audit.postgres.sql' with { type: 'text' }
import audit from './0007_audit.sql' with { type: 'text' }
import refundPhasesPostgres from './0008_refund_phases.postgres.sql' with { type: 'text' }
import refundPhases from './0008_refund_phases.sql' with { type: 'text' }
import providerCost from './0009_provider_cost.sql' with { type: 'text' }

export interface Migration {
  name: string
  sql: string
  /** Where SQLite's text cannot be turned into PostgreSQL's. */
  postgres?: string
}

export const migrations: readonly Migration[] = [
  { name: '0001_start', sql: start },
  { name: '0002_immutable', sql: immutable, postgres: immutablePostgres },
  { name: '0003_people', sql: people },
  { name: '0004_body', sql: body },
  { name: '0005_credit', sql: credit },
  { name: '0006_operator', sql: operator },
  { name: '0007_audit', sql: audit, postgres: auditPostgres },
  { name: '0008_refund_phases', sql: refundPhases, postgres: refundPhasesPostgres },
  { name: '0009_provider_cost', sql: providerCost },
]
