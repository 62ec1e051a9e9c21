/** One suite for every processor: what the platform relies on, whoever moves the money. */
import { describe } from 'bun:test'
import type { Suite } from './world.ts'

export function testProcessor(suite: Suite): void {
  describe(`the processor ${suite.name}`, () => {})
}
