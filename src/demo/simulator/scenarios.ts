/**
 * Every model that the simulated provider serves: name → what it does, as data that the rest of the simulator obeys.
 * The documentation and the tests list it from here. Parameters of a name: `models.ts`.
 */
import type { Scenario } from './models.ts'

// biome-ignore format: a table is read by its rows
export const scenarios: { [name: string]: Scenario } = {
  'sim-chat': { does: 'Answers at once, in text, tools or JSON as asked.' },
  'sim-fast': { does: 'The same with short answers.', tokens: 8 },
  'sim-reasoner': { does: 'Thinks first; refuses max_tokens and temperature in OpenAI’s dialect.', thinks: true, quirks: { noSampling: true } },
  'sim-old': { does: 'An older model: takes prefill, and temperature with top_p, in Anthropic’s dialect.', older: true },
  'sim-embed': { does: 'Embeddings of 256 dimensions, fewer on request, as floats or base64.', kind: 'embeddings' },
  'sim-embed-floats': { does: 'Embeddings that ignore encoding_format: base64.', kind: 'embeddings', floatsOnly: true },

  'demo/slow': { does: 'First token after 300 ms, then 20 tokens a second.', ttft: 300, tps: 20, tokens: 60 },
  'demo/silent': { does: 'Sends nothing for 14 s, then answers.', silence: 14_000 },
  'demo/timeout': { does: 'Never answers.', body: 'never' },
  'demo/stall': { does: 'Falls silent after 5 tokens and stays open.', ending: 'stall' },

  'demo/400': { does: 'Refuses with 400.', refuses: 'invalid' },
  'demo/401': { does: 'Refuses our key with 401.', refuses: 'key' },
  'demo/402-quota': { does: 'Refuses with 402: our credit there is spent.', refuses: 'credit' },
  'demo/403': { does: 'Refuses with 403.', refuses: 'forbidden' },
  'demo/404': { does: 'Refuses with 404: no such model.', refuses: 'missing' },
  'demo/408': { does: 'Refuses with 408.', refuses: 'late' },
  'demo/413': { does: 'Refuses with 413: the request is too large.', refuses: 'large' },
  'demo/429': { does: 'Refuses with 429 and retry-after: 2.', refuses: 'limited', retry: 2 },
  'demo/429-quota': { does: 'Refuses with 429 because our credit there is spent, as OpenAI does.', refuses: 'quota' },
  'demo/500': { does: 'Fails with 500.', refuses: 'broken' },
  'demo/502': { does: 'Fails with 502.', refuses: 'gateway' },
  'demo/503': { does: 'Fails with 503 and retry-after: 1.', refuses: 'unavailable', retry: 1 },
  'demo/529': { does: 'Fails with 529: overloaded.', refuses: 'overloaded' },
  'demo/policy': { does: 'Refuses the content with 400.', refuses: 'policy' },
  'demo/context-length': { does: 'Refuses with 400: the prompt is too long.', refuses: 'context' },
  'demo/flaky': { does: 'Fails with 503 once for each prompt, then answers; demo/flaky-N fails N times.', refuses: 'unavailable', times: 1 },

  'demo/broken-stream': { does: 'Resets the connection after 5 tokens.', ending: 'reset' },
  'demo/early-close': { does: 'Closes after 5 tokens: no finish reason, no end marker.', ending: 'close' },
  'demo/error-in-stream': { does: 'Sends an error frame after 5 tokens and closes.', ending: 'error' },
  'demo/malformed-sse': { does: 'After 5 tokens sends a frame that is not JSON and closes.', ending: 'malformed' },

  'demo/no-usage': { does: 'Never reports usage.', usage: 'none', quirks: { usageAt: 'never' } },
  'demo/zero-usage': { does: 'Reports usage of zero.', usage: 'zero' },
  'demo/absurd-usage': { does: 'Reports billions of tokens.', usage: 'absurd' },
  'demo/negative-usage': { does: 'Reports negative counts.', usage: 'negative' },
  'demo/fraction-usage': { does: 'Reports half tokens.', usage: 'fraction' },
  'demo/text-usage': { does: 'Reports counts as strings.', usage: 'text' },
  'demo/null-usage': { does: 'Reports null counts.', usage: 'null' },
  'demo/nan-usage': { does: 'Reports NaN, which is not JSON.', usage: 'nan' },
  'demo/cached-usage': { does: 'Reports more cached tokens than the prompt has.', usage: 'cached' },
  'demo/double-usage': { does: 'Reports usage so far in every chunk, and again at the end.', quirks: { usageAt: 'every' } },
  'demo/revised-usage': { does: 'message_start says one input token; message_delta corrects it.', revisesInput: true },
  'demo/duplicate-start': { does: 'message_start comes twice.', startsTwice: true },

  'demo/html': { does: 'Answers with an HTML page and 200; @status=502 for another status.', body: 'html' },
  'demo/empty': { does: 'Answers 200 with an empty body.', body: 'empty' },
  'demo/bomb': { does: 'Answers with 64 MB of blanks in a few KB of gzip.', body: 'bomb' },
  'demo/huge-frame': { does: 'Answers with one line of 16 MB that is never a whole frame.', body: 'huge', mb: 16 },
  'demo/redirect': { does: 'Redirects with 302 to another origin.', body: 'redirect' },
  'demo/refusal': { does: 'Refuses in its answer.', content: 'refusal' },
  'demo/content-filter': { does: 'Answers, cut by the content filter.', content: 'filtered' },

  'demo/drip': { does: 'Sends byte by byte, characters of several bytes included.', chunk: 1, content: 'multibyte', tokens: 8 },
  'demo/utf8': { does: 'Multi-byte text, cut every 7 bytes.', chunk: 7, content: 'multibyte' },
  'demo/crlf': { does: 'Lines end in CR LF.', lines: 'crlf' },
  'demo/comments': { does: 'Comments, ids and retry lines between frames.', lines: 'comments' },

  'demo/strict': { does: 'Refuses unknown fields, as OpenAI itself does.', quirks: { strict: true } },
  'demo/azure': { does: 'Azure: api-key, a first chunk without choices, content filter results.', quirks: { contentFilter: true, apiKeyHeader: true } },
  'demo/groq': { does: 'Groq: usage also in x_groq.', quirks: { usageAt: 'groq' } },
  'demo/mistral': { does: 'Mistral: content lists, empty tool names, usage with the finish.', quirks: { usageAt: 'finish', contentParts: true, emptyNames: true } },
  'demo/deepseek': { does: 'DeepSeek: reasoning_content, which must come back in a tool loop.', thinks: true, quirks: { usageAt: 'finish', wantsReasoning: true } },
  'demo/vllm': { does: 'vLLM: usage in every chunk.', quirks: { usageAt: 'every' } },
  'demo/ollama': { does: 'Ollama: no usage in streams, whole tool calls.', quirks: { usageAt: 'never', wholeCalls: true } },
  'demo/gemini': { does: 'Gemini’s compatible endpoint: whole tool calls without index, finish reason stop.', quirks: { usageAt: 'finish', wholeCalls: true, noToolIndex: true, stopForTools: true } },
  'demo/xai': { does: 'xAI: reasoning counted outside completion_tokens; says what the call cost, in ticks.', thinks: true, quirks: { reasoningOutside: true, costIn: 'ticks' } },
  'demo/openrouter': { does: 'OpenRouter: says what the call cost; @cost=103 is 3 % over its list price.', quirks: { costIn: 'dollars' } },
}
