/** JSON as it comes from outside: known to be JSON, and nothing more. */
export type Json = null | boolean | number | string | Json[] | JsonObject
export type JsonObject = { [name: string]: Json | undefined }

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether `value` is a whole number in [least, most]. */
export function isCount(value: unknown, least = 0, most = 2 ** 31 - 1): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
}
