/**
 * How the simulated ECPay calls back: a signed form, again and again until it reads `1|OK` (four times at most), and with
 * the faults that a network and a forger add.
 */
import { type Fields, type MacKeys, sign } from '../../processors/ecpay-mac.ts'

export type CallbackFault = 'duplicate' | 'reorder' | 'delay' | 'wrongSignature' | 'never'

export interface Sender {
  send(url: string, fields: Fields): void
  /** These faults befall every callback from now on. */
  setFaults(faults: readonly CallbackFault[]): void
  /** Once all that was sent has arrived or was given up; what waits for a later one goes now. */
  delivered(): Promise<void>
}

/** The real one waits 5 to 15 minutes between its tries. */
export function openSender(keys: MacKeys, retryMs: number, delayMs: number): Sender {
  const running = new Set<Promise<void>>()
  let faults: ReadonlySet<CallbackFault> = new Set()
  let waiting: (() => void) | null = null

  const start = (url: string, fields: Fields, copies: number, waitMs: number): void => {
    for (let copy = 0; copy < copies; copy++) {
      const sent = Bun.sleep(waitMs).then(() => deliver(url, fields, retryMs))
      running.add(sent)
      void sent.finally(() => running.delete(sent))
    }
  }
  const flush = (): void => {
    const earlier = waiting
    waiting = null
    earlier?.()
  }
  return {
    send: (url, fields) => {
      if (faults.has('never')) return
      const form = sign(fields, keys)
      if (faults.has('wrongSignature')) form.CheckMacValue = '0'.repeat(64)
      const now = () =>
        start(url, form, faults.has('duplicate') ? 3 : 1, faults.has('delay') ? delayMs : 0)
      if (!faults.has('reorder') || waiting) {
        now()
        flush()
      } else waiting = now
    },
    setFaults: (next) => {
      faults = new Set(next)
    },
    delivered: async () => {
      flush()
      while (running.size > 0) await Promise.all(running)
    },
  }
}

async function deliver(url: string, form: Fields, retryMs: number): Promise<void> {
  for (let attempt = 1; attempt <= 4; attempt++) {
    const answer = await fetch(url, { method: 'POST', body: new URLSearchParams({ ...form }) })
      .then((response) => response.text())
      .catch(() => '')
    if (answer.trim() === '1|OK') return
    if (attempt < 4) await Bun.sleep(retryMs)
  }
}
