/** A call that is answered in one piece: the reply is read whole and settled, and only then sent. */
import { clientDialects } from '../dialects/list.ts'
import { beginAttempt, endingFor, refusalOf } from './attempt.ts'
import type { Gateway } from './gateway.ts'
import type { HoldInHand } from './hold.ts'
import { headersFor, identityOf } from './reply.ts'
import { settle } from './settle.ts'
import { type Answer, firstAnswer } from './upstream.ts'

export async function answerWhole(
  app: Gateway,
  hold: HoldInHand,
  signal: AbortSignal,
): Promise<Response> {
  const answer = await answerOrSettle(app, hold, signal)
  const read = answer.reads[0]!
  const bill = await settle(app, hold, { outcome: 'complete', status: 200 })
  const writer = clientDialects[hold.call.dialect].writer(hold.call, identityOf(hold))
  const raw = answer.upstream.name === hold.call.dialect ? read.raw : null
  const body = writer.reply(raw, read.events, bill)
  return new Response(body, { headers: headersFor(hold, answer.ignored, 'application/json') })
}

async function answerOrSettle(
  app: Gateway,
  hold: HoldInHand,
  signal: AbortSignal,
): Promise<Answer> {
  const attempt = beginAttempt(app, hold, signal)
  try {
    const answer = await firstAnswer(app, hold, attempt)
    hold.tally.see(answer.reads[0]!.events, app.clock.elapsed())
    return answer
  } catch (cause) {
    await settle(app, hold, endingFor(cause, false))
    throw refusalOf(cause)
  } finally {
    attempt.leave()
  }
}
