/**
 * The Worker that counts tokens (o200k). A run of over 256 characters without a break is cut first: a tokenizer's work
 * grows with the square of such a run, and 100 KB of one letter would block it for seconds.
 */
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'

declare const self: Worker

const longestRun = 256

self.onmessage = ({ data }: MessageEvent<{ id: number; texts: string[] }>) => {
  let tokens = 0
  for (const text of data.texts) for (const part of cutRuns(text)) tokens += countTokens(part)
  self.postMessage({ id: data.id, tokens })
}

export function cutRuns(text: string): string[] {
  if (!/\S{257}/.test(text)) return [text]
  const parts: string[] = []
  let rest = ''
  for (const piece of text.split(/(?<=\s)(?=\S)/)) {
    if (piece.length <= longestRun) {
      rest += piece
      continue
    }
    if (rest !== '') parts.push(rest)
    rest = ''
    for (let at = 0; at < piece.length; at += longestRun)
      parts.push(piece.slice(at, at + longestRun))
  }
  if (rest !== '') parts.push(rest)
  return parts
}
