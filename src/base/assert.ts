/** A bug stops here. Never for input: what a person or an upstream sent is refused, not asserted. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`bug: ${message}`)
}
