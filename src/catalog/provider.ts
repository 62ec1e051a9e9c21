/**
 * Providers, as data: where each lives, the dialects it speaks, and how it differs from them. A host that speaks a known
 * dialect is a row here, or just a channel of `openai-compatible` with quirks of its own: no code (wire.md §5, §6).
 */
import type { DialectName, Quirks } from '../dialects/dialect.ts'

export interface Provider {
  dialect: { chat: DialectName; embeddings: DialectName | null }
  /** Version path included. Null where each operator has an own address. */
  baseUrl: string | null
  /** Whether it refuses to work without one. */
  credential: 'needed' | 'optional'
  quirks: Quirks
  /** What some of its models refuse, by the model's name there; the first row that fits. An admin's word goes over it. */
  models?: readonly (readonly [RegExp, Quirks])[]
}

const openai = { chat: 'openai-chat', embeddings: 'openai-embeddings' } as const
const anthropic = { chat: 'anthropic-messages', embeddings: null } as const

const samplingFields = [
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
]
const openaiModels = [
  [
    /^(o\d|gpt-5(-mini|-nano|-pro)?(-20\d\d|$))/,
    { rejects: [...samplingFields, 'logprobs', 'top_logprobs'] },
  ],
] as const satisfies Provider['models']

const claude: Quirks = {
  temperatureAtMostOne: true,
  oneSamplingParameter: true,
  thinking: 'effort',
  jsonSchema: 'native',
  prefill: false,
}
const claudeWithBudget: Quirks = { thinking: 'budget', prefill: true }
const oldClaude: Quirks = {
  thinking: 'none',
  jsonSchema: 'tool',
  prefill: true,
  oneSamplingParameter: false,
}
const claudeModels = [
  [/^(claude-(2|instant|3-(?!7))|sim-old)/, oldClaude],
  [
    /^claude-(3-7|(opus|sonnet)-4-20\d\d)/,
    { ...claudeWithBudget, jsonSchema: 'tool', oneSamplingParameter: false },
  ],
  [/^claude-(opus|sonnet|haiku)-4-[15](-|$)/, claudeWithBudget],
] as const satisfies Provider['models']

// biome-ignore format: a table is read by its rows
const table = {
  openai: { dialect: openai, baseUrl: 'https://api.openai.com/v1', credential: 'needed', quirks: { maxTokensField: 'max_completion_tokens' }, models: openaiModels },
  anthropic: { dialect: anthropic, baseUrl: 'https://api.anthropic.com/v1', credential: 'needed', quirks: claude, models: claudeModels },
  azure: { dialect: openai, baseUrl: null, credential: 'needed', quirks: { auth: 'api-key', maxTokensField: 'max_completion_tokens' }, models: openaiModels },
  google: { dialect: openai, baseUrl: 'https://generativelanguage.googleapis.com/v1beta/openai', credential: 'needed', quirks: { rejects: ['logit_bias', 'logprobs', 'top_logprobs'] } },
  mistral: { dialect: openai, baseUrl: 'https://api.mistral.ai/v1', credential: 'needed', quirks: { usageInStream: 'always', rejects: ['stream_options', 'logit_bias', 'logprobs', 'top_logprobs', 'seed', 'user', 'store', 'service_tier'] } },
  groq: { dialect: openai, baseUrl: 'https://api.groq.com/openai/v1', credential: 'needed', quirks: { maxTokensField: 'max_completion_tokens', rejects: ['logit_bias', 'logprobs', 'top_logprobs'] } },
  deepseek: { dialect: openai, baseUrl: 'https://api.deepseek.com/v1', credential: 'needed', quirks: {} },
  xai: { dialect: openai, baseUrl: 'https://api.x.ai/v1', credential: 'needed', quirks: { reasoningOutsideCompletion: true }, models: [[/^grok-(4|3-mini|code)/, { rejects: ['presence_penalty', 'frequency_penalty', 'stop'] }]] },
  together: { dialect: openai, baseUrl: 'https://api.together.xyz/v1', credential: 'needed', quirks: {} },
  openrouter: { dialect: openai, baseUrl: 'https://openrouter.ai/api/v1', credential: 'needed', quirks: {} },
  vllm: { dialect: openai, baseUrl: null, credential: 'optional', quirks: {} },
  ollama: { dialect: openai, baseUrl: 'http://127.0.0.1:11434/v1', credential: 'optional', quirks: {} },
  'openai-compatible': { dialect: openai, baseUrl: null, credential: 'optional', quirks: {} },
  simulated: { dialect: openai, baseUrl: null, credential: 'optional', quirks: {}, models: [[/^sim-reasoner/, { maxTokensField: 'max_completion_tokens', rejects: samplingFields }]] },
  'simulated-anthropic': { dialect: anthropic, baseUrl: null, credential: 'optional', quirks: claude, models: claudeModels },
} as const satisfies Record<string, Provider>

export const providers: ReadonlyMap<string, Provider> = new Map(Object.entries(table))

/** The provider's quirks, those of its model, and the channel's own, each over the ones before. */
export function quirksOf(provider: Provider, upstreamModel: string, own: Quirks): Quirks {
  const [, ofModel] = provider.models?.find(([pattern]) => pattern.test(upstreamModel)) ?? []
  return { ...provider.quirks, ...ofModel, ...own }
}
