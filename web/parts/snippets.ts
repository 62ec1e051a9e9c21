/** A first call as people write it, with the reader's own base URL, key and model. */
export function snippets(base: string, key: string, model: string): readonly [string, string][] {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] })
  return [
    [
      'curl',
      `curl ${base}/chat/completions \\\n  -H "Authorization: Bearer ${key}" \\\n  -H "Content-Type: application/json" \\\n  -d '${body}'`,
    ],
    [
      'Python',
      `from openai import OpenAI\n\nclient = OpenAI(base_url="${base}", api_key="${key}")\nreply = client.chat.completions.create(\n    model="${model}",\n    messages=[{"role": "user", "content": "Hello"}],\n)\nprint(reply.choices[0].message.content)`,
    ],
    [
      'JavaScript',
      `import OpenAI from 'openai'\n\nconst client = new OpenAI({ baseURL: '${base}', apiKey: '${key}' })\nconst reply = await client.chat.completions.create({\n  model: '${model}',\n  messages: [{ role: 'user', content: 'Hello' }],\n})\nconsole.log(reply.choices[0].message.content)`,
    ],
    [
      'LangChain, Open WebUI, aider, …',
      `export OPENAI_BASE_URL=${base}\nexport OPENAI_API_BASE=${base}\nexport OPENAI_API_KEY=${key}`,
    ],
  ]
}
