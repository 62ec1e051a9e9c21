/**
 * The simulator's own tokenizer and its vocabulary. A token is a word of up to twelve letters with the space before it,
 * or one other character. Each word of the English vocabulary is one token of o200k too, so that what a gateway counts
 * can be compared with what was sent. Text drawn from a seed is always the same.
 */
const token = /\s*(?:[0-9A-Za-z\xc0-\u024f]{1,12}|\S)|\s+$/gu

/** Text cut into tokens; joined they are the text again. */
export function tokenize(text: string): string[] {
  return text.match(token) ?? []
}

export function countTokens(text: string): number {
  return tokenize(text).length
}

/** A 32-bit number from text: the start of everything that is random here. */
export function seedFrom(text: string, seed: number): number {
  return Bun.hash.xxHash32(text, seed)
}

/** The next number of a full-period generator over 32 bits. */
export function nextRandom(state: number): number {
  return (Math.imul(state, 1664525) + 1013904223) >>> 0
}

const english =
  'a and the this that each one another light river stone morning window paper garden quiet bright slow early ' +
  'small north silver letter answer number story bridge harbour winter summer engine market island carries holds ' +
  'follows opens measures counts returns begins crosses keeps finds writes reads turns near under over between ' +
  'after before with without toward beside every often never almost again clearly'
const vocabularies = {
  english: english.split(' ').map((word) => ` ${word}`),
  // Two, three and four bytes a character, so that a cut between reads falls inside one.
  multibyte: [...'天地玄黃宇宙洪荒日月盈昃辰宿列張λξωшюя🌊🌙🎈🚲'],
}

export type Vocabulary = keyof typeof vocabularies

/** `count` tokens drawn from a seed. */
export function drawWords(count: number, seed: number, vocabulary: Vocabulary): string[] {
  const words = vocabularies[vocabulary]
  const drawn = new Array<string>(count)
  let state = seed
  for (let i = 0; i < count; i++) {
    state = nextRandom(state)
    drawn[i] = words[(state >>> 16) % words.length] as string
  }
  return drawn
}
