/** Hosts that differ from the dialect they claim, and what Anthropic's own stream may do. */
import { describe, expect, test } from 'bun:test'
import { ask, type Chunk, lastEntry, streamOf } from './ask.ts'

describe('A host that says it is OpenAI’s equal:', () => {
  const tool = {
    type: 'function',
    function: {
      name: 'f',
      parameters: { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
    },
  }
  const calling = { tools: [tool], messages: [{ role: 'user', content: 'call the tool' }] }
  const usages = (chunks: Chunk[]) => chunks.filter((chunk) => chunk.usage)
  const deltas = (chunks: Chunk[]) =>
    chunks.flatMap(
      (chunk) =>
        (chunk.choices?.[0]?.delta.tool_calls ?? []) as {
          index?: number
          function: { name?: string; arguments: string }
        }[],
    )
  const finish = (chunks: Chunk[]) =>
    chunks.map((chunk) => chunk.choices?.[0]?.finish_reason).find((reason) => reason)

  test.each([['demo/azure']])('%s starts with no choices and takes api-key', async (model) => {
    const response = await ask('openai-chat', { model }, { headers: { 'api-key': 'sk-sim' } })
    expect(response.status).toBe(200)
    const { chunks } = await streamOf('openai-chat', model)
    expect(chunks[0]).toMatchObject({ choices: [], prompt_filter_results: [{}] })
    expect(chunks[1]!.choices![0]).toHaveProperty('content_filter_results')
  })

  test.each([['demo/groq']])('%s repeats usage in x_groq', async (model) => {
    const { chunks } = await streamOf('openai-chat', model)
    const { usage } = chunks.find((chunk) => chunk.x_groq)!.x_groq as Chunk
    expect(usage).toEqual(usages(chunks)[0]!.usage!)
  })

  test.each([
    ['demo/openrouter', 'cost', 1],
    ['demo/openrouter@cost=150', 'cost', 1.5],
    ['demo/xai@cost=150', 'cost_in_usd_ticks', 1.5e10],
  ])('%s says what the call cost', async (model, field, factor) => {
    const [chunk] = usages((await streamOf('openai-chat', model)).chunks)
    const { prompt_tokens, total_tokens, [field]: cost } = chunk!.usage as Record<string, number>
    const listed = prompt_tokens! * 0.12e-6 + (total_tokens! - prompt_tokens!) * 0.48e-6
    expect(cost! / (listed * factor)).toBeCloseTo(1, 3)
  })

  test.each([['demo/double-usage'], ['demo/vllm']])(
    '%s counts usage so far in every chunk',
    async (name) => {
      const { chunks } = await streamOf('openai-chat', `${name}@tokens=4`)
      expect(usages(chunks).map(({ usage }) => usage!.completion_tokens)).toEqual([
        0, 1, 2, 3, 4, 4, 4,
      ])
      expect((await lastEntry()).usage).toMatchObject({ completion: 4 })
    },
  )

  test.each([['demo/mistral']])(
    '%s sends lists of content, empty names, usage with the finish',
    async (model) => {
      const { chunks } = await streamOf('openai-chat', model, { stream_options: undefined })
      expect(chunks[1]!.choices![0]!.delta.content as never).toEqual([
        { type: 'text', text: 'You' },
      ] as never)
      expect(usages(chunks).map((chunk) => chunk.choices![0]!.finish_reason)).toEqual(['stop'])
      const names = deltas((await streamOf('openai-chat', model, calling)).chunks).map(
        (call) => call.function.name,
      )
      expect(new Set(names)).toEqual(new Set(['f', '']))
    },
  )

  test.each([['demo/ollama']])('%s sends no usage and whole calls', async (model) => {
    const { chunks } = await streamOf('openai-chat', model, calling)
    expect(usages(chunks)).toEqual([])
    expect(deltas(chunks)).toMatchObject([
      { index: 0, function: { name: 'f', arguments: '{"a":"sample"}' } },
    ])
    expect(finish(chunks)).toBe('tool_calls')
  })

  test.each([['demo/gemini']])('%s sends calls without index and says stop', async (model) => {
    const { chunks } = await streamOf('openai-chat', model, calling)
    expect(deltas(chunks)).toHaveLength(1)
    expect(deltas(chunks)[0]).not.toHaveProperty('index')
    expect(finish(chunks)).toBe('stop')
  })

  test.each([['demo/xai'], ['demo/deepseek']])(
    '%s reasons; xAI counts that outside the completion',
    async (name) => {
      const model = `${name}@tokens=5,thinking=7`
      const { chunks } = await streamOf('openai-chat', model)
      expect(chunks.filter((chunk) => chunk.choices?.[0]?.delta.reasoning_content)).toHaveLength(7)
      expect(usages(chunks)[0]!.usage).toMatchObject({
        completion_tokens: name === 'demo/xai' ? 5 : 12,
        completion_tokens_details: { reasoning_tokens: 7 },
      })
      expect((await lastEntry()).delivered).toMatchObject({ output: 5, reasoning: 7 })
    },
  )
})

describe('Anthropic’s', () => {
  test.each([['demo/duplicate-start']])('%s starts twice', async (model) => {
    const { chunks } = await streamOf('anthropic-messages', model)
    expect(chunks.slice(0, 3).map((chunk) => chunk.type)).toEqual([
      'message_start',
      'message_start',
      'content_block_start',
    ])
  })

  test.each([['demo/revised-usage']])('%s corrects the input at the end', async (model) => {
    const { chunks } = await streamOf('anthropic-messages', model)
    const told = chunks.map(
      (chunk) => (chunk.usage ?? (chunk.message as Chunk)?.usage)?.input_tokens,
    )
    expect(told.filter((count) => count !== undefined)).toEqual([1, 2])
  })
})
