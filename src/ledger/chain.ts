/**
 * The hash chain. Each account's transfers are chained by their number: a transfer's hash covers its own fields and the
 * hash before it, so none can be changed, taken out or put in between without breaking every later one.
 */
export interface Link {
  id: string
  accountId: string
  seq: number | bigint
  phase: string
  pendingId: string | null
  debitId: string
  creditId: string
  amount: bigint
  code: string
  externalId: string | null
  correctsId: string | null
  reason: string | null
  actor: string | null
  createdAt: number | bigint
}

/** SHA-256 in base64 over the fields, divided by the unit separator; `postgres.ts` says the same in SQL. */
export function linkHash(before: string, link: Link): string {
  const fields = [
    before,
    link.id,
    link.accountId,
    link.seq,
    link.phase,
    link.pendingId ?? '',
    link.debitId,
    link.creditId,
    link.amount,
    link.code,
    link.externalId ?? '',
    link.correctsId ?? '',
    link.reason ?? '',
    link.actor ?? '',
    link.createdAt,
  ]
  return new Bun.CryptoHasher('sha256').update(fields.join('\x1f')).digest('base64')
}
