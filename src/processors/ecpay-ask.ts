/** Asking ECPay: a signed form there, a form back whose signature is checked before a word of it is believed. */
import { type Fields, isSigned, type MacKeys, readForm, sign } from './ecpay-mac.ts'
import { ProcessorError } from './processor.ts'

/** Throws `NoAnswer`. The keys are the merchant's own: what they signed is for her. */
export type Ask = (
  path: string,
  fields: Fields,
  how?: { mayBeUnsigned: boolean },
) => Promise<Fields>

/** `sent`: ECPay may have done what it was asked. */
export class NoAnswer extends ProcessorError {
  readonly sent: boolean
  constructor(message: string, sent: boolean, cause?: unknown) {
    super(message, { cause })
    this.sent = sent
  }
}

export function openAsk(url: string, merchantId: string, keys: MacKeys): Ask {
  return async (path, fields, { mayBeUnsigned } = { mayBeUnsigned: false }) => {
    const question = sign({ MerchantID: merchantId, ...fields }, keys)
    const answer = readForm(await post(`${url}${path}`, question))
    const signed = answer !== null && isSigned(answer, keys)
    const bare = mayBeUnsigned && answer !== null && answer.CheckMacValue === undefined
    if (!signed && !bare) throw new NoAnswer(`ECPay's answer to ${path} is not signed by it`, true)
    return answer
  }
}

async function post(url: string, fields: Record<string, string>): Promise<string> {
  let answer: Response
  try {
    answer = await fetch(url, {
      ...{ method: 'POST', body: new URLSearchParams(fields), redirect: 'error' },
      signal: AbortSignal.timeout(30_000),
    })
  } catch (cause) {
    const { code } = cause as { code?: unknown }
    const left = code !== 'ECONNREFUSED' && code !== 'ENOTFOUND'
    throw new NoAnswer('ECPay does not answer', left, cause)
  }
  // Too many questions are answered by 403 before anything is done, for half an hour.
  if (!answer.ok) throw new NoAnswer(`ECPay answered ${answer.status}`, answer.status >= 500)
  return answer.text()
}
