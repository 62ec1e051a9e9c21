/** JSON text from outside; undefined where it is none. */
import type { Json } from '../base/json.ts'

export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
