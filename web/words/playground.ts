/** The words of the playground, and of the first call on the page of first steps. */
import { words } from '../language.ts'

export const playground = words({
  en: {
    title: 'Playground',
    lead: 'One prompt against a model. It is charged like any call.',
    model: 'Model',
    system: 'Instructions',
    prompt: 'Prompt',
    maxTokens: 'At most this many tokens',
    send: 'Send',
    stop: 'Stop',
    answer: 'Answer',
    waiting: 'Waiting for the first token…',
    cut: 'The answer broke off.',
    used: (input: string, output: string, cost: string) =>
      `${input} tokens in, ${output} out, ${cost}.`,
    request: 'See the request',
    noModels: 'No models are sold yet.',
    toModels: 'Models',
    notAllowed: 'Your role in this account may not make calls.',
  },
  'zh-TW': {
    title: '試用區',
    lead: '以一則提示試用模型，費用與一般請求相同。',
    model: '模型',
    system: '指示',
    prompt: '提示',
    maxTokens: 'token 數上限',
    send: '送出',
    stop: '停止',
    answer: '回答',
    waiting: '等待首個 token…',
    cut: '回答中途中斷。',
    used: (input: string, output: string, cost: string) =>
      `輸入 ${input} token，輸出 ${output} token，${cost}。`,
    request: '查看請求',
    noModels: '目前沒有販售的模型。',
    toModels: '模型',
    notAllowed: '您在此帳號的角色不能送出請求。',
  },
})
