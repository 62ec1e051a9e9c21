/** What mails say of models and their prices, in both languages. */
import type { Letter } from './letter.ts'
import type { MailWords } from './words-en.ts'

type Words = Pick<
  MailWords['say'],
  Extract<Letter['kind'], 'price_rise' | 'price_rise_called_off' | 'model_retires'>
>

const time = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

export const chooseEn = 'Which notices are mailed to you is chosen in your settings.'
export const chooseZhTw = '要以電子郵件接收哪些通知，可於個人設定中選擇。'

export const modelsEn: Words = {
  price_rise: ({ accountName, rises }) => ({
    subject: `Prices of models that ${accountName} uses will rise`,
    lines: [
      `In USD per 1,000,000 units, for models that ${accountName} used in the last 30 days:`,
      ...rises.map(
        ({ model, at, prices }) =>
          `${model}, from ${time(at)}: ${prices.map(({ unit, from, to }) => `${unit} ${from} → ${to}`).join(', ')}`,
      ),
    ],
    button: 'Look at the models',
    after: [chooseEn],
  }),
  price_rise_called_off: ({ accountName, rises }) => ({
    subject: `A price rise that ${accountName} was told of does not come`,
    lines: [
      ...rises.map(
        ({ model, at }) => `${model}: the rise that was to come at ${time(at)} was called off.`,
      ),
      'Should another rise come in its place, a mail of its own says so.',
    ],
    button: 'Look at the models',
    after: [chooseEn],
  }),
  model_retires: ({ accountName, models }) => ({
    subject: `Models that ${accountName} uses will be retired`,
    lines: models.map(
      ({ model, successor, at }) =>
        `${model} is not served from ${time(at)} on.${successor === null ? '' : ` Move to ${successor} before.`}`,
    ),
    button: 'Look at the models',
    after: [chooseEn],
  }),
}

export const modelsZhTw: Words = {
  price_rise: ({ accountName, rises }) => ({
    subject: `${accountName} 使用的模型即將調漲`,
    lines: [
      `以下為 ${accountName} 最近 30 天使用過的模型，價格以每 1,000,000 單位的美元計：`,
      ...rises.map(
        ({ model, at, prices }) =>
          `${model}，自 ${time(at)} 起：${prices.map(({ unit, from, to }) => `${unit} ${from} → ${to}`).join('、')}`,
      ),
    ],
    button: '查看模型',
    after: [chooseZhTw],
  }),
  price_rise_called_off: ({ accountName, rises }) => ({
    subject: `先前通知 ${accountName} 的調漲已取消`,
    lines: [
      ...rises.map(({ model, at }) => `${model}：原訂 ${time(at)} 的調漲已取消。`),
      '如另有其他調漲，會再寄信通知您。',
    ],
    button: '查看模型',
    after: [chooseZhTw],
  }),
  model_retires: ({ accountName, models }) => ({
    subject: `${accountName} 使用的模型即將停止服務`,
    lines: models.map(
      ({ model, successor, at }) =>
        `${model} 將於 ${time(at)} 停止服務。${successor === null ? '' : `請先改用 ${successor}。`}`,
    ),
    button: '查看模型',
    after: [chooseZhTw],
  }),
}
