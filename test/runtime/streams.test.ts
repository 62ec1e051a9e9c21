/** What streams of Bun 1.4.5 promise: settlement hangs on exactly one of flush and cancel. */
import { describe, expect, test } from 'bun:test'

function metered() {
  const ends: string[] = []
  // The types of 1.4.5 do not know `cancel` yet.
  const transformer: Transformer<string, string> & { cancel(): void } = {
    transform: (chunk, to) => to.enqueue(chunk),
    flush: () => void ends.push('flush'),
    cancel: () => void ends.push('cancel'),
  }
  return { meter: new TransformStream(transformer), ends }
}

function source(end: (to: ReadableStreamDefaultController<string>) => void) {
  let sent = 0
  return new ReadableStream<string>({
    pull: (to) => (sent++ < 3 ? to.enqueue('x') : end(to)),
  })
}

async function drain(stream: ReadableStream<string>): Promise<void> {
  for await (const _ of stream);
}

describe('a TransformStream tells its end once', () => {
  const endless = () => new ReadableStream<string>({ pull: (to) => to.enqueue('x') })

  test.each<[string, string, (meter: TransformStream<string, string>) => Promise<unknown>]>([
    ['the source ends', 'flush', (meter) => drain(source((to) => to.close()).pipeThrough(meter))],
    [
      'the source fails',
      'cancel',
      (meter) => drain(source((to) => to.error(new Error('lost'))).pipeThrough(meter)),
    ],
    ['the reader leaves', 'cancel', (meter) => endless().pipeThrough(meter).cancel('gone')],
    [
      'the reader leaves after a while',
      'cancel',
      async (meter) => {
        const reader = endless().pipeThrough(meter).getReader()
        await reader.read()
        await reader.cancel('gone')
      },
    ],
    [
      'the source is aborted',
      'cancel',
      async (meter) => {
        const controller = new AbortController()
        const out = endless().pipeThrough(meter, { signal: controller.signal })
        const read = drain(out)
        controller.abort(new Error('too long'))
        await read
      },
    ],
  ])('when %s: %s', async (_, end, run) => {
    const { meter, ends } = metered()
    await run(meter).catch(() => {})
    await Bun.sleep(0)
    expect(ends).toEqual([end])
  })
})

test('a pull stream is asked to cancel only when its reader leaves: an end of its own needs its own guard', async () => {
  const told: string[] = []
  const open = () =>
    new ReadableStream<string>({
      pull: (to) => {
        to.enqueue('x')
        to.close()
      },
      cancel: () => void told.push('cancel'),
    })
  await drain(open())
  expect(told).toEqual([])
})

test('a client that goes away aborts the request and cancels the stream', async () => {
  const told: string[] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  const tell = (what: string) => {
    told.push(what)
    if (told.length === 2) resolve()
  }
  const server = Bun.serve({
    port: 0,
    fetch: (request) => {
      request.signal.addEventListener('abort', () => tell('abort'))
      const body = new ReadableStream({
        pull: async (to) => {
          await Bun.sleep(5)
          to.enqueue(new Uint8Array([1]))
        },
        cancel: () => tell('cancel'),
      })
      return new Response(body)
    },
  })
  const controller = new AbortController()
  const reply = await fetch(server.url, { signal: controller.signal })
  await reply.body?.getReader().read()
  controller.abort()
  await promise
  expect(told.sort()).toEqual(['abort', 'cancel'])
  await server.stop(true)
})
