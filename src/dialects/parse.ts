/** Values from outside, taken for what they should be and for nothing else. */
import type { Json } from '../base/json.ts'

/** Undefined where the text is no JSON. */
export function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** `''` for what is no text. `String()` would run what the value calls its `toString`. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
