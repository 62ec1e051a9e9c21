/** A call that is answered in one piece: the reply is read whole and settled, and only then sent. */
import { clientDialects } from '../dialects/list.ts'
import { beginAttempt, endingFor, refusalOf } from './attempt.ts'
import type { Gateway } from './gateway.ts'
import type { HoldInHand } from './hold.ts'
import { headersFor, identityOf } from './reply.ts'
import { settle } from './settle.ts'
import { firstAnswer } from './upstream.ts'

export async function answerWhole(
  app: Gateway,
  hold: HoldInHand,
  signal: AbortSignal,
): Promise<Response> {
  const attempt = beginAttempt(app, hold, signal)
  try {
    const answer = await firstAnswer(app, hold, attempt).catch(async (cause) => {
      await settle(app, hold, endingFor(cause, false))
      throw refusalOf(cause)
    })
    const { events, raw } = answer.reads[0]!
    hold.tally.see(events, app.clock.elapsed())
    const bill = await settle(app, hold, { outcome: 'complete', status: 200 })
    const writer = clientDialects[hold.call.dialect].writer(hold.call, identityOf(hold))
    const sameDialect = answer.upstream.name === hold.call.dialect
    const body = writer.reply(sameDialect ? raw : null, events, bill)
    return new Response(body, { headers: headersFor(hold, answer.ignored, 'application/json') })
  } finally {
    attempt.leave()
  }
}
