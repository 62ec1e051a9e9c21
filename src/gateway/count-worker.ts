/**
 * The Worker that counts tokens (o200k). A run of over 256 characters without a break, of letters or of blanks, is cut
 * first: a tokenizer's work grows with the square of such a run, and 100 KB of one letter would block it for seconds.
 */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

declare const self: Worker

const longRun = /\S{256}(?=\S)|\s{256}(?=\s)/gu
/** A customer's text is text, though it look like a marker of the tokenizer's own. */
const plain = { disallowedSpecial: new Set<string>() }

self.onmessage = ({ data }: MessageEvent<{ id: number; texts: string[] }>) => {
  let tokens = 0
  for (const text of data.texts)
    for (const part of cutRuns(text)) tokens += countTokens(part, plain)
  self.postMessage({ id: data.id, tokens })
}

export function cutRuns(text: string): string[] {
  const parts: string[] = []
  let from = 0
  for (const { 0: run, index } of text.matchAll(longRun)) {
    parts.push(text.slice(from, index + run.length))
    from = index + run.length
  }
  parts.push(text.slice(from))
  return parts
}
