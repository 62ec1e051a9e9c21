/** The fault matrix and the simulation as the guides tell them: what was last recorded of each, in both languages. */
import { matrix } from '../fault/matrix.ts'
import type { Words } from './claims.ts'
import { readRecorded } from './record.ts'

/** Of each row its name, and what its figures say, in Chinese. */
export const inChinese: Readonly<Record<string, [name: string, figures: RegExp, say: string]>> = {
  'kill -9 under load': [
    '負載中 kill -9',
    /^(\d+) kills: (\d+) calls and (\d+) grants acknowledged, (\d+) calls in flight, (\d+) of .*$/,
    '$1 次：$2 次呼叫與 $3 筆贈送已確認，$4 次呼叫進行中，其中 $5 次依已送出的內容計費',
  ],
  'kill -9 while payments are called back': [
    '付款回呼時 kill -9',
    /^(\d+) kills, (\d+) payments: (\d+) credited before, .*$/,
    '$1 次，$2 筆付款：$3 筆在終止前入帳，其餘在重新啟動後入帳',
  ],
  'kill -9 at named points': [
    '在指定的時點 kill -9',
    /^(\d+) points, (\d+) kills at each$/,
    '$1 個時點，各 $2 次',
  ],
  'a full disk': tested('磁碟已滿'),
  'a disk that fails': [
    '磁碟故障',
    /^(\d+) rounds: (\d+) calls answered, (\d+) refused, stopped (\d+) times$/,
    '$1 輪：$2 次呼叫得到回答，$3 次被拒，停止 $4 次',
  ],
  'every byte of a recorded stream': tested('串流在每個位元組中斷'),
  'malformed streams': [
    '損壞的串流',
    /^(\d+) streams, (\d+) kinds: (.*), memory \+(\d+) MB at most$/,
    '$1 條，$2 種：$3；記憶體最多增加 $4 MB',
  ],
  'clients that leave': [
    '用戶端中途離開',
    /^(\d+) streams, (\d+) left mid-stream; .* after (\d+) ms \(median\), (\d+) ms \(p99\), (\d+) ms .*$/,
    '$1 條串流，其中 $2 條在途中離開；供應商得知的時間中位數 $3 毫秒，p99 $4 毫秒，最長 $5 毫秒',
  ],
  'parallel spending': [
    '同時花費',
    /^(\d+) rounds of (\d+) at once, (\d+) paid for$/,
    '$1 輪，每輪 $2 個同時，付得起的為 $3 個',
  ],
  'callbacks in every order': tested('回呼以各種順序到達'),
  'stopped with 200 streams': tested('有 200 條串流時停止'),
  'a clock that jumps': tested('時鐘跳動'),
}

function tested(name: string): [string, RegExp, string] {
  return [name, /^(\S+): (\d+) tests passed(.*)$/, '$1：$2 項測試通過$3']
}

/** Each row of the matrix: how often a full run makes it, and what the last run gave. */
export function lastRuns(language: 0 | 1): string[][] {
  const { faults } = readRecorded()
  return matrix.map(({ name, full }) => {
    const last = faults[name]
    const told = language === 0 ? name : (inChinese[name]?.[0] ?? name)
    const often = full.toLocaleString('en')
    if (last === undefined) return [told, often, ['Not run', '未執行'][language] ?? '']
    const failed = last.held ? '' : ['FAILED: ', '未通過：'][language]
    return [told, often, `${failed}${say(name, last.figures, language)} (${stamp(last)})`]
  })
}

/** Without the marks of JSON, with numbers as people write them. */
function say(name: string, figures: string, language: 0 | 1): string {
  const [, pattern = /$/, chinese = ''] = inChinese[name] ?? []
  const text = language === 0 ? figures : figures.replace(pattern, chinese)
  return text
    .replace(/[{"}]/g, '')
    .replace(/^test\S+\.ts/, '`$&`')
    .replace(/(?<![\w.])\d{4,}(?![\w.])/g, (digits) => Number(digits).toLocaleString('en'))
}

const stamp = ({ date, commit }: { date: string; commit: string }) => `${date}, \`${commit}\``

const counters: readonly [words: Words, isOne: (what: string) => boolean][] = [
  [['Calls that ended well', '正常結束的呼叫'], (what) => what === 'ended: complete'],
  [['Clients that left', '用戶端離開'], (what) => what === 'ended: client_left'],
  [['Failures of providers', '供應商失敗'], (what) => what === 'log: upstream.failed'],
  [['Crashes of the process', '程序終止'], (what) => what.startsWith('crash: ')],
  [
    ['Holds of dead processes resolved', '處理已終止程序的保留'],
    (what) => what === 'holds recovered',
  ],
  [
    ['Of them charged for what had been sent', '其中依已送出的內容計費'],
    (what) => what === 'crash charged',
  ],
  [
    [
      'Crashes after a refund was paid and before it was known here',
      '退款已付而此處尚未得知時終止',
    ],
    (what) => what === 'crash: bank paid back',
  ],
  [['Disputes by banks', '銀行提出爭議'], (what) => what === 'disputed'],
  [['Jumps of the clock', '時鐘跳動'], (what) => what === 'clock jumped'],
]

/** What happened in the last run of the simulation. */
export function lastSimulation(language: 0 | 1): string[][] {
  const { simulation } = readRecorded()
  const number = (value: number) => value.toLocaleString('en')
  if (simulation === null) return [[['Not run', '未執行'][language] ?? '', '']]
  const { seeds, failed, seen } = simulation
  const count = (isOne: (what: string) => boolean) =>
    Object.entries(seen).reduce((sum, [what, times]) => sum + (isOne(what) ? times : 0), 0)
  return [
    [['Seeds', '種子'][language] ?? '', `${number(seeds)} (${stamp(simulation)})`],
    [['Of them failed', '其中失敗'][language] ?? '', number(failed)],
    ...counters.map(([words, isOne]) => [words[language], number(count(isOne))]),
  ]
}
