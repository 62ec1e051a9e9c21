/** The table of providers, and how their quirks, their models' and a channel's own lie over each other. */
import { expect, test } from 'bun:test'
import { providers, quirksOf } from '../../src/catalog/provider.ts'

test('every provider of the product is a row', () => {
  expect([...providers.keys()]).toEqual([
    ...['openai', 'anthropic', 'azure', 'google', 'mistral', 'groq', 'deepseek', 'xai', 'together'],
    ...['openrouter', 'vllm', 'ollama', 'openai-compatible', 'simulated', 'simulated-anthropic'],
  ])
})

test.each([...providers].filter(([, { baseUrl }]) => baseUrl !== null))(
  '%s lives at an address without a slash at its end, and not in clear text beyond this machine',
  (_, { baseUrl }) => {
    const url = new URL(baseUrl!)
    expect(baseUrl).not.toEndWith('/')
    expect(url.protocol === 'https:' || url.hostname === '127.0.0.1').toBe(true)
  },
)

test.each([
  // provider   model                       quirks
  ['openai', 'gpt-4o', { maxTokensField: 'max_completion_tokens' }],
  ['openai', 'gpt-5-mini', { rejects: expect.arrayContaining(['temperature']) }],
  ['openai', 'o3', { rejects: expect.arrayContaining(['temperature']) }],
  ['azure', 'gpt-4o', { auth: 'api-key' }],
  [
    'xai',
    'grok-4',
    { reasoningOutsideCompletion: true, rejects: expect.arrayContaining(['stop']) },
  ],
  [
    'anthropic',
    'claude-3-5-haiku-20241022',
    { thinking: 'none', jsonSchema: 'tool', prefill: true },
  ],
  ['anthropic', 'claude-3-7-sonnet-20250219', { thinking: 'budget', jsonSchema: 'tool' }],
  ['anthropic', 'claude-sonnet-4-20250514', { thinking: 'budget', jsonSchema: 'tool' }],
  [
    'anthropic',
    'claude-sonnet-4-5-20250929',
    { thinking: 'budget', jsonSchema: 'native', oneSamplingParameter: true },
  ],
  [
    'anthropic',
    'claude-opus-4-6',
    { thinking: 'effort', prefill: false, temperatureAtMostOne: true },
  ],
] as const)('%s with %s has %p', (provider, model, quirks) => {
  expect(quirksOf(providers.get(provider)!, model, {})).toMatchObject(quirks)
})

test('an operator’s word on a channel goes over the table', () => {
  const anthropic = providers.get('anthropic')!
  expect(quirksOf(anthropic, 'claude-opus-4-6', { thinking: 'none' }).thinking).toBe('none')
})

test('gpt-5-chat and gpt-5.1 take a temperature', () => {
  const openai = providers.get('openai')!
  for (const model of ['gpt-5-chat-latest', 'gpt-5.1']) {
    expect(quirksOf(openai, model, {}).rejects).toBeUndefined()
  }
})
