/**
 * A call that is answered as a stream. Upstream is read only as fast as the client takes it. The status waits for the
 * first output, or for as long as a client should wait in silence; then comments keep the connection alive and errors go
 * in-band. Whatever ends it, it is settled once, and the last chunk goes out after that is durable.
 */
import { AppError } from '../base/error.ts'
import type { Bill, Read, Writer } from '../dialects/dialect.ts'
import { clientDialects } from '../dialects/list.ts'
import { type Attempt, beginAttempt, ClientLeft, endingFor, refusalOf } from './attempt.ts'
import { broken, ProviderError } from './failure.ts'
import type { Gateway } from './gateway.ts'
import { extendHold, type HoldInHand, outgrown, outgrows } from './hold.ts'
import { headersFor, identityOf } from './reply.ts'
import { type Ending, settle } from './settle.ts'
import { type Answer, firstAnswer, providerError, readMore } from './upstream.ts'

const encoder = new TextEncoder()
const keepAlive = encoder.encode(': keep-alive\n\n')

export async function answerStream(
  app: Gateway,
  hold: HoldInHand,
  signal: AbortSignal,
): Promise<Response> {
  const attempt = beginAttempt(app, hold, signal)
  const answer = firstAnswer(app, hold, attempt)
  try {
    const early = await within(answer, app.settings.keepAliveAfterMs)
    const body = pump(app, hold, attempt, early ?? answer)
    return new Response(body, {
      headers: headersFor(hold, early?.ignored ?? [], 'text/event-stream; charset=utf-8'),
    })
  } catch (cause) {
    await settle(app, hold, endingFor(cause, false)).finally(attempt.leave)
    throw refusalOf(cause)
  }
}

/** Null when it takes longer. */
function within<T>(promise: Promise<T>, ms: number): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

function pump(
  app: Gateway,
  hold: HoldInHand,
  attempt: Attempt,
  coming: Answer | Promise<Answer>,
): ReadableStream<Uint8Array> {
  const writer = clientDialects[hold.call.dialect].writer(hold.call, identityOf(hold))
  let answer: Answer | null = null
  let ending: Promise<Bill> | null = null
  let sentAt = app.clock.elapsed()
  let toClient: ReadableStreamDefaultController<Uint8Array> | null = null

  function end(how: Ending): Promise<Bill> {
    attempt.onTick = null
    ending ??= settle(app, hold, how).finally(attempt.leave)
    return ending
  }
  // Who does not read is not asked for the next piece, and is settled all the same; so is who never will, and its connection closed.
  attempt.onEnd = (cause) => {
    end(endingFor(cause, hold.tally.delivered)).catch(() => {})
    if (cause instanceof ClientLeft) toClient?.error(cause)
  }
  if (attempt.ended !== null) attempt.onEnd(attempt.ended)

  /** The next text for the client, and whether it is the last. */
  async function next(): Promise<{ text: string; last: boolean }> {
    if (answer === null) {
      answer = await coming
      const first = await write(answer.reads.splice(0))
      if (first.text !== '' || first.last) return first
    }
    for (;;) {
      const reads = await readMore(answer)
      attempt.dueAt = app.clock.elapsed() + app.settings.silenceMs
      if (reads === null) throw broken('the stream ended without its end')
      const written = await write(reads)
      if (written.text !== '' || written.last) return written
    }
  }

  async function write(reads: Read[]): Promise<{ text: string; last: boolean }> {
    let text = ''
    for (const read of reads) {
      hold.tally.see(read.events, app.clock.elapsed())
      const failure = read.events.find((event) => event.type === 'failure')
      if (failure !== undefined) return lastWords(text, new ProviderError(failure.failure))
      text += writeRead(writer, read, answer!.upstream.name === hold.call.dialect)
      if (read.events.some((event) => event.type === 'end')) {
        const bill = await end({ outcome: 'complete', status: 200 })
        answer!.exchange.abandon()
        return { text: text + writer.close(bill), last: true }
      }
    }
    await grow()
    return { text, last: false }
  }

  /** In the background while there is room; before anything more is sent once there is none. */
  let growing: Promise<boolean> | null = null
  async function grow(): Promise<void> {
    if (outgrows(hold)) growing ??= extendHold(app, hold)
    if (!outgrown(hold)) return
    if (!(await growing)) throw new AppError('insufficient_credits')
    growing = null
    await grow()
  }

  async function lastWords(before: string, cause: unknown): Promise<{ text: string; last: true }> {
    attempt.exchange?.cancel(new ClientLeft('over'))
    await end(endingFor(cause, hold.tally.delivered))
    return { text: before + writer.fail(refusalOf(cause)), last: true }
  }

  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        toClient = controller
        attempt.onTick = (elapsed) => {
          if (elapsed - sentAt < app.settings.keepAliveMs) return
          sentAt = elapsed
          if ((controller.desiredSize ?? 0) >= 0) controller.enqueue(keepAlive)
        }
      },
      pull: async (controller) => {
        const written = await next().catch((cause) => lastWords('', causeOf(attempt, cause)))
        sentAt = app.clock.elapsed()
        if (attempt.ended instanceof ClientLeft) return
        controller.enqueue(encoder.encode(written.text))
        attempt.sent = hold.tally.least
        if (written.last) controller.close()
      },
      cancel: () => attempt.end(new ClientLeft('the client is gone')),
    },
    { highWaterMark: 0 },
  )
}

function writeRead(writer: Writer, { raw, events }: Read, sameDialect: boolean): string {
  if (sameDialect) return raw === null ? '' : writer.pass(raw)
  return events.map((event) => writer.event(event)).join('')
}

/** Why a call ended: our own reason first, else what the upstream did. */
function causeOf(attempt: Attempt, cause: unknown): unknown {
  if (attempt.ended !== null) return attempt.ended
  return cause instanceof AppError ? cause : providerError(cause)
}
