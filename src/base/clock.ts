/** Time, passed in so that tests and the simulation may own it. */
export interface Clock {
  /** The time of day: milliseconds since 1970. May jump. */
  now(): number
  /** Milliseconds since some start, for intervals. Never jumps. */
  elapsed(): number
}

export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() }
