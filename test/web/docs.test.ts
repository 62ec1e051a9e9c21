/** The guides: the same in both languages, and true to what the product answers. */
import { describe, expect, test } from 'bun:test'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError, type ErrorCode } from '../../src/base/error.ts'
import type { WebhookEvent } from '../../src/notice/webhook.ts'
import { pages } from '../../web/routes.ts'

const folder = join(import.meta.dir, '../../web/docs')
const read = (language: string, name: string) => readFileSync(join(folder, language, name), 'utf8')
const names = readdirSync(join(folder, 'en'))

test('every guide is there in both languages', () => {
  expect(readdirSync(join(folder, 'zh-TW')).sort()).toEqual(names.sort())
})

describe.each(names)('the guide %s', (name) => {
  const [en, zh] = [read('en', name), read('zh-TW', name)]

  test.each([
    ['headings', /^## /gm],
    ['pieces of code', /^```/gm],
    ['rows of tables', /^\|/gm],
    ['links', /\]\([^)]+\)/g],
  ])('has as many %s in both languages', (_, pattern) => {
    expect(zh.match(pattern)?.length).toBe(en.match(pattern)?.length)
  })

  test('leads only to pages that exist', () => {
    const linked = [...`${en}${zh}`.matchAll(/\]\((\/[^)]*)\)/g)].map(([, path = '']) => path)
    const known = (path: string) =>
      pages.some((page) => new RegExp(`^${page.path.replace(/:\w+/g, '[^/]+')}$`).test(path))
    expect(linked.filter((path) => !known(path))).toEqual([])
  })
})

test('the guide to errors names each code with the status that it is answered with', () => {
  const rows = [...read('en', 'errors.md').matchAll(/^\| (\d{3}) \| (.+?) \|/gm)]
  const told = rows.flatMap(([, status, codes = '']) =>
    [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => ({ code, status: Number(status) })),
  )
  expect(told.length).toBeGreaterThan(15)
  for (const { code, status } of told) {
    expect({ code, status }).toEqual({ code, status: new AppError(code as ErrorCode).status })
  }
})

test('the guide to webhooks names each event, and shows one of each', () => {
  // One that is missing here does not compile.
  const events: Record<WebhookEvent['type'], true> = {
    ...{ low_balance: true, key_budget: true, price_rise: true, price_rise_called_off: true },
    ...{ model_retires: true, announcement: true, test: true },
  }
  for (const language of ['en', 'zh-TW']) {
    const guide = read(language, 'webhooks.md')
    const [, ...named] = [...guide.matchAll(/^\| `(\w+)` \|/gm)].map(([, type]) => type)
    const shown = [...guide.matchAll(/^\{"type".+$/gm)].map(([line]) => JSON.parse(line).type)
    expect({ named, shown }).toEqual({ named: Object.keys(events), shown: Object.keys(events) })
  }
})
