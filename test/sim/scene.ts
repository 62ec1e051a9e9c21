/** What the actors of a simulated run share: chance, the platform that may die under them, and what they are owed. */
import { AppError } from '../../src/base/error.ts'
import type { Bank } from './bank.ts'
import type { Life, Platform } from './life.ts'
import type { Provider } from './provider.ts'
import type { Time } from './time.ts'

export interface Customer {
  account: string
  keys: { id: string; secret: string }[]
}

/** A call as its client knows it. */
export interface Told {
  account: string
  prompt: string
  /** Null where none came. */
  id: string | null
  text: string
  /** Nano-USD that it was told; null where none came. */
  cost: bigint | null
  error: string | null
}

export interface Scene {
  time: Time
  platform: Platform
  provider: Provider
  bank: Bank
  customers: readonly Customer[]
  /** Counts that something happened. */
  saw(what: string, times?: number): void
  /** What was promised or told, by those who were. */
  told: Told[]
  grants: { account: string; amount: bigint }[]
  vouchers: { code: string; amount: bigint; winners: Set<string>; tried: boolean }[]
  orders: { id: string; account: string }[]
  refunds: { id: string; account: string }[]
  /** Forms sent so far: each has its number. */
  forms: number
  /** While it is, new work begins and the platform may die. */
  open: boolean
}

export const usd = 1_000_000_000n

export function draw({ time }: Scene, below: number): number {
  return Math.floor(time.random() * below)
}

export function pick<T>(scene: Scene, from: readonly T[]): T {
  return from[draw(scene, from.length)] as T
}

export function chance({ time }: Scene, of: number): boolean {
  return time.random() < of
}

export const pause = (scene: Scene, most: number) => scene.time.later(draw(scene, most))

/** Asks the platform once; `dead` where it died before it answered, and nobody knows whether it did it. */
export async function once<T>(
  { platform }: Scene,
  act: (life: Life) => Promise<T>,
): Promise<T | 'dead'> {
  const life = await platform.life()
  return Promise.race([act(life), life.dead])
}

/** Asks until it answers, as whoever wants to know does; what is asked must be safe to ask again. */
export async function surely<T>(scene: Scene, act: (life: Life) => Promise<T>): Promise<T> {
  for (;;) {
    const answer = await once(scene, act)
    if (answer !== 'dead') return answer as T
    scene.saw('asked again after a crash')
  }
}

/** The code of what it refuses, or what it answers. */
export async function orRefusal<T>(work: Promise<T>): Promise<T | AppError> {
  return work.catch((cause) => {
    if (cause instanceof AppError) return cause
    throw cause
  })
}
