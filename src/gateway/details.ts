/** What Swagger says of each route of the public API; the refusals' words are the table's. */
import {
  describeBody,
  describeRefusals,
  describeReply,
  type RouteDetail,
} from '../http/describe.ts'

const calls = ['Calls']
const facts = ['Models, keys and credit']
const keyRefusals = [
  'invalid_api_key',
  'ambiguous_credentials',
  'account_suspended',
  'ip_not_allowed',
] as const
const callRefusals = [
  ...(['invalid_request', 'invalid_json', 'context_length_exceeded', ...keyRefusals] as const),
  ...([
    'insufficient_credits',
    'key_limit_reached',
    'model_not_allowed',
    'model_not_found',
  ] as const),
  ...([
    'body_too_large',
    'rate_limit_exceeded',
    'upstream_error',
    'overloaded',
    'timeout',
  ] as const),
] as const

const message = { role: 'user', content: 'Say hello.' }
const usage = { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11, cost: 0.00000255 }

export const details = {
  chat: {
    tags: calls,
    summary: 'Chat completion',
    description:
      "OpenAI's chat completions over every provider. All of OpenAI's fields pass to a provider that speaks its dialect and are translated for the others; what a provider cannot be told is named in `x-kkai-ignored`. The estimate is held before the provider is called; the measured cost, in `usage.cost`, is settled before the last chunk. When the balance covers only part of `max_tokens`, it is lowered, and `x-kkai-max-tokens` says to what.",
    requestBody: describeBody(
      "OpenAI's request. `model` is one of `GET /api/v1/models`.",
      {
        plain: { model: 'sim-chat', messages: [message], max_tokens: 64 },
        stream: {
          model: 'sim-chat',
          messages: [message],
          stream: true,
          stream_options: { include_usage: true },
        },
      },
      {
        type: 'object',
        required: ['model', 'messages'],
        additionalProperties: true,
        properties: {
          model: { type: 'string' },
          messages: {
            type: 'array',
            minItems: 1,
            items: { type: 'object', additionalProperties: true },
          },
          stream: { type: 'boolean' },
          stream_options: { type: 'object', properties: { include_usage: { type: 'boolean' } } },
          max_tokens: { type: 'integer', minimum: 1 },
          max_completion_tokens: { type: 'integer', minimum: 1 },
          n: { type: 'integer', minimum: 1, maximum: 128 },
          temperature: { type: 'number' },
          top_p: { type: 'number' },
          tools: { type: 'array', items: { type: 'object', additionalProperties: true } },
          response_format: { type: 'object', additionalProperties: true },
        },
      },
    ),
    responses: {
      200: {
        ...describeReply('The completion, or server-sent events when `stream` is true.', {
          id: 'gen-01jd0000000000000000000000',
          object: 'chat.completion',
          created: 1_772_000_000,
          model: 'sim-chat',
          choices: [
            { index: 0, message: { role: 'assistant', content: 'Hello.' }, finish_reason: 'stop' },
          ],
          usage,
        }),
      },
      ...describeRefusals(...callRefusals, 'content_policy'),
    },
  },
  embeddings: {
    tags: calls,
    summary: 'Embeddings',
    description:
      'A vector for each input: a string, strings, or token ids (2,048 inputs at most). `encoding_format` is `float` or `base64`, whatever the provider answers in.',
    requestBody: describeBody(
      "OpenAI's request.",
      { plain: { model: 'sim-embed', input: ['first text', 'second text'] } },
      {
        type: 'object',
        required: ['model', 'input'],
        additionalProperties: true,
        properties: {
          model: { type: 'string' },
          input: { oneOf: [{ type: 'string' }, { type: 'array', items: {} }] },
          encoding_format: { type: 'string', enum: ['float', 'base64'] },
          dimensions: { type: 'integer', minimum: 1 },
        },
      },
    ),
    responses: {
      200: describeReply('The vectors, in the order of the inputs.', {
        object: 'list',
        model: 'sim-embed',
        data: [{ object: 'embedding', index: 0, embedding: [0.1, -0.2] }],
        usage: { prompt_tokens: 2, total_tokens: 2, cost: 0.00000004 },
      }),
      ...describeRefusals(...callRefusals),
    },
  },
  models: {
    tags: facts,
    summary: 'Models and their prices',
    description: 'Every model that is sold now. Prices are USD for one token, as strings.',
    responses: {
      200: describeReply('The models.', {
        object: 'list',
        data: [
          {
            ...{ id: 'sim-chat', object: 'model', created: 1_772_000_000, owned_by: 'kkai' },
            ...{
              context_length: 128_000,
              pricing: { prompt: '0.00000015', completion: '0.0000006' },
            },
          },
        ],
      }),
      ...describeRefusals('invalid_api_key'),
    },
  },
  model: {
    tags: facts,
    summary: 'One model',
    description: 'The same as in the list.',
    parameters: [
      { name: 'id', in: 'path', required: true, schema: { type: 'string' }, example: 'sim-chat' },
    ],
    responses: {
      200: describeReply('The model.', {
        id: 'sim-chat',
        object: 'model',
        context_length: 128_000,
      }),
      ...describeRefusals('invalid_api_key', 'model_not_found'),
    },
  },
  generation: {
    tags: facts,
    summary: "One call's record",
    description:
      'How a call was measured and charged: units × price version = cost, and the transfers in the ledger. Readable as soon as the call has ended, by every key of the account.',
    parameters: [
      {
        ...{ name: 'id', in: 'query', required: true, schema: { type: 'string' } },
        description: 'From `x-generation-id`, or the `id` of the reply.',
      },
    ],
    responses: {
      200: describeReply('The record.', {
        data: {
          ...{
            id: 'gen-01jd0000000000000000000000',
            model: 'sim-chat',
            tokens_prompt: 9,
            tokens_completion: 2,
          },
          ...{
            usage_source: 'provider',
            price_version: 'prc_01jd',
            cost_nano: '2550',
            charged_nano: '2550',
          },
        },
      }),
      ...describeRefusals(...keyRefusals, 'not_found'),
    },
  },
  key: {
    tags: facts,
    summary: 'This key',
    description: 'Its credit limit and what it has used, in USD.',
    responses: {
      200: describeReply('The key.', {
        data: {
          label: 'my app',
          limit: 5,
          limit_remaining: 4.2,
          limit_reset: 'monthly',
          usage: 0.8,
          usage_daily: 0.1,
        },
      }),
      ...describeRefusals(...keyRefusals),
    },
  },
  credits: {
    tags: facts,
    summary: "The account's credit",
    description:
      'All credit received and all that was spent, in USD; what running calls hold beside it.',
    responses: {
      200: describeReply('The credit.', {
        data: { total_credits: 10, total_usage: 0.8, balance: '9.20', held: '0.00' },
      }),
      ...describeRefusals(...keyRefusals),
    },
  },
} satisfies Record<string, RouteDetail>
