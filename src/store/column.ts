/**
 * The kinds of a column, as both databases keep them: text or a 64-bit integer. A count or a time in ms reads as a number,
 * an amount as a bigint, a flag as a boolean, JSON as what it holds.
 */
import { customType } from 'drizzle-orm/sqlite-core'

type Driver = number | bigint | string

export const integer = customType<{ data: number; driverData: Driver }>({
  dataType: () => 'integer',
  fromDriver: Number,
})
export const amount = customType<{ data: bigint; driverData: Driver }>({
  dataType: () => 'integer',
  fromDriver: BigInt,
})
export const flag = customType<{ data: boolean; driverData: Driver }>({
  dataType: () => 'integer',
  fromDriver: (value) => Number(value) === 1,
  toDriver: (value) => (value ? 1 : 0),
})
export const json = <T>(name: string) =>
  customType<{ data: T; driverData: string }>({
    dataType: () => 'text',
    fromDriver: (value) => JSON.parse(value) as T,
    toDriver: (value) => JSON.stringify(value),
  })(name)
