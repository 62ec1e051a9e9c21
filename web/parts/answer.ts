/** A streamed answer as it comes: its text, and at its end what it used and cost. */
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { postStream, Refusal } from '../api.ts'
import { count, usd } from '../format.ts'
import { playground } from '../words/playground.ts'
import { refusalWords } from '../words/refusal.ts'
import { html } from './html.ts'

interface Chunk {
  choices?: { delta?: { content?: string | null; reasoning?: string | null } }[]
  usage?: { prompt_tokens: number; completion_tokens: number; cost?: number | string } | null
  error?: { code?: string; message?: string }
}

export interface Prompt {
  model: string
  messages: { role: 'system' | 'user'; content: string }[]
  max_completion_tokens?: number
}

interface State {
  running: boolean
  text: string
  id: string | null
  usage: Chunk['usage']
  failed: unknown
}
const idle: State = { running: false, text: '', id: null, usage: null, failed: null }

/** `ask` streams one answer; another before its end does nothing. `stop` leaves it: what came so far stays. */
export function useAnswer(account: string) {
  const state = useSignal(idle)
  const leaving = useRef<AbortController | null>(null)
  useEffect(() => () => leaving.current?.abort(), [])
  const add = (change: Partial<State>) => {
    state.value = { ...state.value, ...change }
  }
  const ask = async (prompt: Prompt) => {
    if (state.value.running) return
    const leave = new AbortController()
    leaving.current = leave
    state.value = { ...idle, running: true }
    try {
      const body = { ...prompt, stream: true, stream_options: { include_usage: true } }
      const path = `/api/accounts/${account}/playground`
      const response = await postStream(path, body, leave.signal)
      add({ id: response.headers.get('x-generation-id') })
      for await (const { choices, usage, error } of chunksOf(response)) {
        if (error) throw new Refusal(error.code ?? 'internal_error', error.message ?? '')
        add({
          text: state.value.text + (choices?.[0]?.delta?.content ?? ''),
          usage: usage ?? state.value.usage,
        })
      }
    } catch (cause) {
      if (!leave.signal.aborted) add({ failed: cause })
    } finally {
      add({ running: false })
    }
  }
  return { state: state.value, ask, stop: () => leaving.current?.abort() }
}

async function* chunksOf(response: Response): AsyncGenerator<Chunk> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true }
    if (done) return
    const lines = (rest + value).split(/\r?\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('data:') && !line.endsWith('[DONE]')) yield JSON.parse(line.slice(5))
    }
  }
}

export function Answer({ account, state }: { account: string; state: State }) {
  const w = playground()
  const { running, text, id, usage, failed } = state
  if (!running && text === '' && failed === null && id === null) return null
  return html`<section class="card" aria-label=${w.answer} aria-busy=${running}>
    <p class="answer" aria-live="polite">${text || (running ? w.waiting : '')}</p>
    ${failed !== null && html`<p role="alert" class="error">${text && w.cut} ${refusalWords(failed)}</p>`}
    ${usage && html`<p><small>${w.used(count(usage.prompt_tokens), count(usage.completion_tokens), usd(String(usage.cost ?? 0)))}</small></p>`}
    ${!running && id && html`<p><a href=${`/accounts/${account}/requests?id=${id}`}>${w.request}</a></p>`}
  </section>`
}
