/** What changed between two texts, by lines, then by words within changed lines: the longest common run of pieces stays. */
export interface Change {
  kind: 'same' | 'added' | 'removed'
  text: string
}

export function diffTexts(before: string, after: string): Change[] {
  return merge(diffPieces(before.split(/(?<=\n)/), after.split(/(?<=\n)/))).flatMap(
    (change, at, all) => {
      const next = all[at + 1]
      if (change.kind === 'removed' && next?.kind === 'added') {
        return merge(diffPieces(toWords(change.text), toWords(next.text)))
      }
      const told = change.kind === 'added' && all[at - 1]?.kind === 'removed'
      return told ? [] : [change]
    },
  )
}

/** Chinese has no blanks between words: there each character is a piece. */
function toWords(text: string): string[] {
  return text.match(/\s+|[\p{Script=Han}]|[^\s\p{Script=Han}]+/gu) ?? []
}

function diffPieces(before: readonly string[], after: readonly string[]): Change[] {
  const lengths = commonLengths(before, after)
  const changes: Change[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [old, now] = [before[i], after[j]]
    if (old !== undefined && old === now) {
      changes.push({ kind: 'same', text: old })
      i++
      j++
    } else if (
      now === undefined ||
      (old !== undefined && lengths[i + 1]![j]! >= lengths[i]![j + 1]!)
    ) {
      changes.push({ kind: 'removed', text: old! })
      i++
    } else {
      changes.push({ kind: 'added', text: now })
      j++
    }
  }
  return changes
}

/** `[i][j]`: how many pieces the rests from `i` and `j` have in common, in order. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array[] {
  const table = Array.from({ length: before.length + 1 }, () => new Uint32Array(after.length + 1))
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      table[i]![j] =
        before[i] === after[j]
          ? table[i + 1]![j + 1]! + 1
          : Math.max(table[i + 1]![j]!, table[i]![j + 1]!)
    }
  }
  return table
}

/** Neighbours of one kind become one; what was removed stands before what was added. */
function merge(changes: readonly Change[]): Change[] {
  const merged: Change[] = []
  for (const change of changes) {
    const last = merged.at(-1)
    if (last?.kind === change.kind) last.text += change.text
    else merged.push({ ...change })
  }
  return merged
}
