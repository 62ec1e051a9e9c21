/** How the simulated Stripe calls back: signed over time and bytes, tried again when not taken, and as unruly as asked. */

export interface Faults {
  /** Copies beside the first. */
  duplicate: number
  /** The events of one act, last first. */
  reorder: boolean
  delayMs: number
  wrongSignature: boolean
  never: boolean
  /** How far ahead, or behind, the time of the signature is. */
  futureMs: number
  oldMs: number
}

export const noFaults: Faults = {
  ...{ duplicate: 0, reorder: false, delayMs: 0, wrongSignature: false, never: false },
  ...{ futureMs: 0, oldMs: 0 },
}

export interface SenderOptions {
  webhookSecret: string
  /** Where it calls back; null while nobody listens. */
  webhookUrl(): string | null
  now(): number
  /** The waits before it tries again what was not answered by 2xx. */
  retryMs: readonly number[]
}

export interface Sender {
  faults: Faults
  send(bodies: readonly string[]): void
  /** Once all that was sent was answered, tries to come left aside. */
  delivered(): Promise<void>
  stop(): void
}

/** `t=…,v1=…`: an HMAC over the time and the bytes. */
export function signStripe(body: string, secret: string, atMs: number): string {
  const seconds = Math.floor(atMs / 1000)
  const mac = new Bun.CryptoHasher('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${mac}`
}

export function openSender({ webhookSecret, webhookUrl, now, retryMs }: SenderOptions): Sender {
  let tail = Promise.resolve()
  const timers = new Set<Timer>()

  const post = async (body: string, faults: Faults, retry = 0): Promise<void> => {
    const url = webhookUrl()
    if (url === null) return
    const secret = faults.wrongSignature ? 'whsec_another' : webhookSecret
    const signature = signStripe(body, secret, now() + faults.futureMs - faults.oldMs)
    const headers = {
      ...{ 'content-type': 'application/json; charset=utf-8', 'user-agent': 'Stripe/1.0' },
      'stripe-signature': signature,
    }
    const taken = await fetch(url, { method: 'POST', body, headers, redirect: 'manual' })
      .then(({ ok }) => ok)
      .catch(() => false)
    const wait = retryMs[retry]
    if (taken || wait === undefined) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      void post(body, faults, retry + 1)
    }, wait)
    timer.unref()
    timers.add(timer)
  }

  const sender: Sender = {
    faults: noFaults,
    send: (bodies) => {
      const { faults } = sender
      if (faults.never) return
      const ordered = faults.reorder ? bodies.toReversed() : bodies
      tail = tail.then(async () => {
        if (faults.delayMs > 0) await Bun.sleep(faults.delayMs)
        for (let copy = 0; copy <= faults.duplicate; copy++)
          for (const body of ordered) await post(body, faults)
      })
    },
    delivered: () => tail,
    stop: () => {
      for (const timer of timers) clearTimeout(timer)
    },
  }
  return sender
}
