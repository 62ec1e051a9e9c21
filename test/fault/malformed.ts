/**
 * A provider whose streams are damaged: recorded ones of many providers, cut, doubled, scrambled, bloated, lying about usage.
 * Each call must end in words, nobody may pay for more than came, and the executable's memory must not follow what it is sent.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask } from '../money/client.ts'
import { randomFrom } from '../money/draw.ts'
import type { Outcome } from './case.ts'
import { openFile, price, residentBytes, startProcess, verifyData } from './process.ts'

const fixtures = join(import.meta.dir, '../fixtures/dialects')
const recordings = readdirSync(fixtures)
  .filter((name) => name.endsWith('.sse'))
  .map((name) => ({ name, text: readFileSync(join(fixtures, name), 'utf8') }))

type Random = () => number
const below = (random: Random, most: number) => Math.floor(random() * most)

function eachFrame(text: string, bend: (frame: string, at: number) => string): string {
  return text.split('\n\n').map(bend).join('\n\n')
}

/** What is done to a recorded stream. */
const damages: Record<string, (text: string, random: Random) => string> = {
  'cut anywhere': (text, random) => text.slice(0, below(random, text.length)),
  'frames doubled': (text) => eachFrame(text, (frame) => `${frame}\n\n${frame}`),
  'frames shuffled': (text, random) =>
    text
      .split('\n\n')
      .toSorted(() => random() - 0.5)
      .join('\n\n'),
  'frames left out': (text, random) =>
    eachFrame(text, (frame) => (random() < 0.3 ? ': nothing' : frame)),
  'characters replaced': (text, random) =>
    text.replace(/./g, (char) =>
      random() < 0.02 ? String.fromCharCode(below(random, 256)) : char,
    ),
  'values of other types': (text, random) =>
    text.replace(/:\s*("[^"]*"|\d+)/g, (value) =>
      random() < 0.3 ? ':[null,{"x":-1e400},true]'.slice(0, 1 + below(random, 25)) : value,
    ),
  'absurd counts': (text) => text.replace(/(tokens"?:\s*)\d+/g, '$1999999999999'),
  'negative counts': (text) => text.replace(/(tokens"?:\s*)(\d+)/g, '$1-$2'),
  'no line ends': (text) => text.replaceAll('\n', ' '),
  'one endless line': (text) => `${text}data: ${'x'.repeat(12 * 2 ** 20)}`,
  'a million empty frames': (text) => `${'data: \n\n'.repeat(1e6)}${text}`,
  'deep JSON': (text) => `data: ${'['.repeat(50_000)}\n\n${text}`,
  'words for a reader of headers': (text) => `HTTP/1.1 200 OK\r\n\r\nevent: \0\u2028\n\n${text}`,
  nothing: () => '',
}
const kinds = Object.keys(damages)

/** Garbage that waits for its collector included; a thousand of them send 1.4 GB. */
const mostGrowth = 320 * 2 ** 20
const patienceMs = 20_000

/** As many damaged streams, every kind in turn. */
export async function sendMalformed(times: number, seed: number): Promise<Outcome> {
  const random = randomFrom(seed)
  const data = mkdtempSync(join(tmpdir(), 'kkai-malformed-'))
  let body = ''
  const provider = Bun.serve({
    ...{ hostname: '127.0.0.1', port: 0, idleTimeout: 0 },
    fetch: () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
  })
  const server = await startProcess(data, { KKAI_SILENCE_MS: '3000' })
  const troubles: string[] = []
  const seen: Record<string, number> = {}
  try {
    const key = await sell(server, provider.url.origin)
    const call = (model: string) =>
      ask({ url: server.url, key }, { model, stream: true, max_tokens: 500 })
    const before = residentBytes(server.pid)
    let most = before
    for (let at = 0; at < times; at++) {
      const kind = kinds[at % kinds.length] as string
      const { name, text } = recordings[below(random, recordings.length)]!
      body = damages[kind]!(text, random)
      const model = `${name.startsWith('anthropic') ? 'anthropic' : 'openai'}-${at % channels}`
      const got = await Promise.race([call(model), Bun.sleep(patienceMs)])
      most = Math.max(most, residentBytes(server.pid))
      const how = `${kind} of ${name}`
      if (!got) troubles.push(`${how}: it does not end`)
      else if (got.lost !== null) troubles.push(`${how}: the connection broke: ${got.lost}`)
      else seen[got.error ?? 'answered'] = (seen[got.error ?? 'answered'] ?? 0) + 1
    }
    if (most - before > mostGrowth) troubles.push(`memory grew by ${most - before} bytes`)
    troubles.push(...findOvercharged(data))
    const wrong = await verifyData(data)
    if (wrong !== null) troubles.push(wrong)
    const grown = Math.round((most - before) / 2 ** 20)
    const figures = `${times} streams, ${kinds.length} kinds: ${JSON.stringify(seen)}, memory +${grown} MB at most`
    return { figures, troubles }
  } finally {
    server.kill('SIGKILL')
    await server.exited
    await provider.stop(true)
    rmSync(data, { recursive: true, force: true })
  }
}

/** A channel that fails is left alone for a while: many, so that each is asked. */
const channels = 50

async function sell(server: Awaited<ReturnType<typeof startProcess>>, origin: string) {
  const place = { base_url: `${origin}/v1`, credential: 'sk-test', allow_private: true }
  const ids = ['openai', 'anthropic'].flatMap((dialect) =>
    Array.from({ length: channels }, (_, at) => ({ dialect, id: `${dialect}-${at}` })),
  )
  const file = {
    channels: ids.map(({ dialect, id }) => ({
      ...{ id, ...place },
      provider: dialect === 'openai' ? 'simulated' : 'simulated-anthropic',
    })),
    models: ids.map(({ id }) => ({
      ...{ id, kind: 'chat', context_length: 100_000, max_output: 4096, price },
      channels: [{ channel: id, model: 'm' }],
    })),
  }
  await server.run('catalog apply', { file: JSON.stringify(file) })
  const person = { email: 'ann@example.com', tier: 'operator' }
  const { account } = await server.run<{ account: string }>('account create', person)
  await server.run('credit grant', { account, amount: '1', reason: 'test' })
  return (await server.run<{ key: string }>('key create', { account, name: 'test' })).key
}

/** Only what a provider reports, and could be, may be more than was held for the prompt and 500 tokens. */
function findOvercharged(data: string): string[] {
  const file = openFile(data)
  const rows = file
    .query<{ id: string; charged: bigint; held: bigint }, []>(
      `SELECT u.id, u.charged, t.amount AS held FROM usage u JOIN transfer t ON t.id = u.id
      WHERE u.charged > t.amount AND u.usage_source <> 'provider'`,
    )
    .all()
  const held = file.query<{ id: string }, []>('SELECT id FROM hold').all()
  file.close()
  return [
    ...rows.map(({ id, charged, held }) => `${id} was charged ${charged}, and ${held} held`),
    ...held.map(({ id }) => `${id} is left held`),
  ]
}
