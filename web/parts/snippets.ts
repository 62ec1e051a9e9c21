/** A first call as people write it, with the reader's own base URL, key and model. */
const shapes = {
  chat: {
    path: 'chat/completions',
    method: 'chat.completions',
    input: { messages: [{ role: 'user', content: 'Hello' }] },
    python: 'messages=[{"role": "user", "content": "Hello"}]',
    javascript: "messages: [{ role: 'user', content: 'Hello' }]",
    answer: 'choices[0].message.content',
  },
  embeddings: {
    path: 'embeddings',
    method: 'embeddings',
    input: { input: 'Hello' },
    python: 'input="Hello"',
    javascript: "input: 'Hello'",
    answer: 'data[0].embedding',
  },
}

export function snippets(
  base: string,
  key: string,
  model: string,
  kind: string = 'chat',
): readonly (readonly [name: string, text: string])[] {
  const call = kind === 'embeddings' ? shapes.embeddings : shapes.chat
  const curl = [
    `curl ${base}/${call.path} \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${JSON.stringify({ model, ...call.input })}'`,
  ]
  const python = [
    'from openai import OpenAI',
    '',
    `client = OpenAI(base_url="${base}", api_key="${key}")`,
    `reply = client.${call.method}.create(`,
    `    model="${model}",`,
    `    ${call.python},`,
    ')',
    `print(reply.${call.answer})`,
  ]
  const javascript = [
    "import OpenAI from 'openai'",
    '',
    `const client = new OpenAI({ baseURL: '${base}', apiKey: '${key}' })`,
    `const reply = await client.${call.method}.create({`,
    `  model: '${model}',`,
    `  ${call.javascript},`,
    '})',
    `console.log(reply.${call.answer})`,
  ]
  const environment = [
    `export OPENAI_BASE_URL=${base}`,
    `export OPENAI_API_BASE=${base}`,
    `export OPENAI_API_KEY=${key}`,
  ]
  return [
    ['curl', curl.join('\n')],
    ['Python', python.join('\n')],
    ['JavaScript', javascript.join('\n')],
    ['LangChain, Open WebUI, aider, …', environment.join('\n')],
  ]
}
