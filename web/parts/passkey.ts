/** A log-in by passkey: the first factor, the second one (`ticket`), or who is signed in proving it anew. */
import { api, ask, Refusal } from '../api.ts'

/** Throws `passkey_failed` where no passkey was chosen. */
export async function logInByPasskey(ticket?: string): Promise<void> {
  const { startAuthentication } = await import('@simplewebauthn/browser')
  const step = ticket === undefined ? {} : { ticket }
  const { options, challenge } = await ask(api.login.passkey.options.post(step))
  const response = await startAuthentication({ optionsJSON: options }).catch((cause: unknown) => {
    throw new Refusal('passkey_failed', String(cause))
  })
  await ask(api.login.passkey.post({ ...step, challenge, response }))
}
