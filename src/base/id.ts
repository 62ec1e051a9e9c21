/**
 * Ids: a prefix that says what they name, then 48 bits of time and 80 of chance in Crockford's base 32, so that they sort
 * by age and are never guessed: `gen-01jd…`, `acc_01jd…`.
 */
const digits = '0123456789abcdefghjkmnpqrstvwxyz'
const pool = new Uint8Array(16 * 256)
let unused = 0

export type IdPrefix =
  | 'acc_'
  | 'ann_'
  | 'aud_'
  | 'chn_'
  | 'doc_'
  | 'dlv_'
  | 'gen-'
  | 'ins_'
  | 'inq_'
  | 'inv_'
  | 'ivg_'
  | 'key_'
  | 'mai_'
  | 'prc_'
  | 'prp_'
  | 'ref_'
  | 'req_'
  | 'tfr_'
  | 'top_'
  | 'usr_'
  | 'vch_'
  | 'whk_'

/** No id that is made at `now` or later sorts before it. */
export function firstId(prefix: IdPrefix, now: number): string {
  let time = ''
  for (let rest = now, at = 0; at < 10; at++) {
    time = digits[rest % 32] + time
    rest = Math.floor(rest / 32)
  }
  return prefix + time
}

export function newId(prefix: IdPrefix, now: number): string {
  if (unused === 0) {
    crypto.getRandomValues(pool)
    unused = pool.length
  }
  let chance = ''
  for (let at = 0; at < 16; at++) chance += digits[(pool[--unused] as number) & 31]
  return firstId(prefix, now) + chance
}
