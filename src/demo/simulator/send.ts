/**
 * How an answer leaves: frames are bent as the model's scenario says, paced, cut into writes and handed to the socket
 * only as fast as it takes them. The journal hears of each frame when its last byte is handed over, never before.
 */
import type { Entry, Journal } from './journal.ts'
import type { Model } from './models.ts'
import type { Dialect, Frame, Turn } from './turn.ts'

/** A write. `next` is what happens after it. */
interface Write extends Omit<Frame, 'text'> {
  text: string | Uint8Array
  /** Only a part of a frame, with more to come. */
  part?: boolean
  next?: 'reset' | 'close' | 'stall'
}

const encoder = new TextEncoder()
/** A reset overtakes what is still in the socket's buffer, so it waits until that has left. */
const flushMs = 25

/** The body of an answer, as a stream that notices when its reader leaves. */
export function sendFrames(
  turn: Turn,
  model: Model,
  dialect: Dialect,
  entry: Entry,
  journal: Journal,
): ReadableStream<Uint8Array> {
  const writes = writesOf(turn, model, dialect)
  const startedAt = performance.now()
  let tokens = 0
  let timer: Timer | undefined
  let left = false

  const later = (waitMs: number, act: () => void | Promise<void>) =>
    new Promise<void>((resolve) => {
      const go = () => resolve(left ? undefined : act())
      if (waitMs > 0) timer = setTimeout(go, waitMs)
      else setImmediate(go)
    })
  const handOver = (controller: ReadableStreamDefaultController<Uint8Array>, write: Write) => {
    const { text, part, next } = write
    if (text.length > 0) controller.enqueue(typeof text === 'string' ? encoder.encode(text) : text)
    if (!part) record(entry, write)
    if (next === undefined) return
    if (next === 'stall') return new Promise<void>(() => {})
    return later(next === 'reset' ? flushMs : 0, () => {
      if (next === 'reset') controller.error(new Error('reset on purpose'))
      else controller.close()
      journal.end(entry, 'cut')
    })
  }

  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { value: write, done } = writes.next()
        if (done) {
          journal.end(entry, 'complete')
          return controller.close()
        }
        tokens += (write.output ?? 0) + (write.reasoning ?? 0)
        const waitMs = dueAfterMs(model, tokens) - (performance.now() - startedAt)
        // Pieces of a frame are written in separate turns of the loop, or they would be sent together.
        if (waitMs <= 0 && model.chunk === 0) return handOver(controller, write)
        return later(waitMs, () => handOver(controller, write))
      },
      cancel() {
        left = true
        clearTimeout(timer)
        journal.end(entry, 'client-left')
      },
    },
    { highWaterMark: 0 },
  )
}

/** When the last of so many tokens may leave, from the start of the answer. */
export function dueAfterMs({ ttft, tps }: Model, tokens: number): number {
  return ttft + (tps > 0 && tokens > 1 ? ((tokens - 1) * 1000) / tps : 0)
}

/** Notes in the journal that a frame was handed over. */
export function record(entry: Entry, { output, reasoning, usage }: Omit<Frame, 'text'>): void {
  entry.frames++
  if (output) entry.delivered.output = (entry.delivered.output ?? 0) + output
  if (reasoning) entry.delivered.reasoning = (entry.delivered.reasoning ?? 0) + reasoning
  if (usage) entry.usage = usage
}

/** Whether the model's answer needs to be sent piece by piece though it is not a stream. */
export function isBent(model: Model): boolean {
  return model.ending !== undefined || model.byte > 0 || model.chunk > 0
}

function* writesOf(turn: Turn, model: Model, dialect: Dialect): Generator<Write> {
  let frames: Iterable<Frame> = turn.stream ? turn.frames() : [turn.reply()]
  if (turn.stream && model.lines) frames = dressLines(frames, model.lines)
  let writes: Iterable<Write> = frames
  if (model.ending) writes = turn.stream ? cutShort(frames, model, dialect) : cutReply(turn, model)
  if (model.chunk > 0 || model.byte > 0) writes = cutBytes(writes, model)
  yield* writes
}

/** The stream's first `after` output tokens, then what the scenario's ending says. */
function* cutShort(frames: Iterable<Frame>, model: Model, dialect: Dialect): Generator<Write> {
  let tokens = 0
  for (const frame of frames) {
    const carried = (frame.output ?? 0) + (frame.reasoning ?? 0)
    if (carried > 0 && tokens >= model.after) break
    tokens += carried
    yield frame
  }
  yield endingOf(model, dialect)
}

function endingOf({ ending }: Model, dialect: Dialect): Write {
  if (ending === 'error') return { text: dialect.failureFrame, next: 'close' }
  if (ending === 'malformed') return { text: 'data: {"choices":[{"delta":{"con\n\n', next: 'close' }
  return { text: '', part: true, next: ending ?? 'close' }
}

/** Half of a reply. */
function* cutReply(turn: Turn, { ending }: Model): Generator<Write> {
  const { text } = turn.reply()
  const next = ending === 'reset' || ending === 'stall' ? ending : 'close'
  yield { text: text.slice(0, text.length / 2), part: true }
  yield { text: '', part: true, next }
}

/**
 * Writes of 1, 2, … up to `chunk` bytes in turn, so that cuts fall anywhere in a frame, and the connection's end after
 * `byte` of them.
 */
function* cutBytes(writes: Iterable<Write>, { chunk, byte }: Model): Generator<Write> {
  let room = byte || Number.POSITIVE_INFINITY
  let turn = 0
  for (const write of writes) {
    const bytes = encoder.encode(write.text as string)
    let from = 0
    while (bytes.length - from > 0) {
      const size = Math.min(chunk === 0 ? bytes.length : 1 + (turn++ % chunk), room)
      const text = bytes.subarray(from, from + size)
      from += size
      room -= text.length
      yield from < bytes.length ? { text, part: true } : { ...write, text }
      if (room === 0) return yield { text: '', part: true, next: 'reset' }
    }
    if (bytes.length === 0) yield write
  }
}

function* dressLines(frames: Iterable<Frame>, lines: 'crlf' | 'comments'): Generator<Frame> {
  let count = 0
  for (const frame of frames) {
    const comments = `: keep-alive\n\nid: ${count++}\nretry: 3000\n`
    const text = lines === 'crlf' ? frame.text.replaceAll('\n', '\r\n') : comments + frame.text
    yield { ...frame, text }
  }
}
