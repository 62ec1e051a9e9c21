import { describe, expect, test } from 'bun:test'
import { type LogLevel, openLog } from '../../src/base/log.ts'

function gather(level: LogLevel = 'info', pretty = false) {
  const written: string[] = []
  return { log: openLog({ level, pretty, write: (lines) => written.push(lines) }), written }
}

function lineOf(facts: Record<string, unknown>): string {
  const { log, written } = gather()
  log.info('call', facts)
  log.flush()
  return written.join('')
}

test('an event is one line of JSON with its time, level and facts', () => {
  const { time, ...line } = JSON.parse(lineOf({ request: 'gen-1', charged: 12n, model: 'a\nb' }))
  expect(line).toEqual({
    level: 'info',
    event: 'call',
    request: 'gen-1',
    charged: '12',
    model: 'a\nb',
  })
  expect(new Date(time).toISOString()).toBe(time)
})

test('lines are gathered; an error is written at once, after those before it', () => {
  const { log, written } = gather()
  log.info('first')
  expect(written).toEqual([])
  log.error('second', { cause: new Error('why', { cause: new Error('deeper') }) })
  const [first, second] = written
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect([first.event, second.event]).toEqual(['first', 'second'])
  expect(second.cause).toContain('Error: why')
  expect(second.cause).toContain('caused by Error: deeper')
})

test('gathered lines are written without being asked for', async () => {
  const { promise, resolve } = Promise.withResolvers<string>()
  openLog({ level: 'info', pretty: false, write: resolve }).info('alone')
  expect(JSON.parse(await promise).event).toBe('alone')
})

test('lines below the level are not written', () => {
  const { log, written } = gather('warning')
  log.debug('a')
  log.info('b')
  log.warn('c')
  log.flush()
  expect(written.join('').trim().split('\n')).toHaveLength(1)
})

test('on a terminal a line is text', () => {
  const { log, written } = gather('info', true)
  log.info('call', { model: 'demo/chat', charged: 12n })
  log.flush()
  expect(Bun.stripANSI(written.join(''))).toMatch(/INF.* call model=demo\/chat charged=12\n$/)
})

describe('what looks like a secret is blotted out:', () => {
  const tail = 'Zx9_kQ2mLr7VtB4nWc8yHd1s'
  test.each([
    `sk-kk-${tail}${tail}`,
    `sk-proj-${tail}`,
    `sk-ant-api03-${tail}`,
    `sk_live_${tail}`,
    `rk_test_${tail}`,
    `pk_live_${tail}`,
    `whsec_${tail}`,
    `gsk_${tail}`,
    `xai-${tail}`,
    `hf_${tail}`,
    `r8_${tail}`,
    `pplx-${tail}`,
    `ghp_${tail}`,
    `gho_${tail}`,
    `github_pat_${tail}`,
    `glpat-${tail}`,
    `xoxb-123456789-${tail}`,
    `AKIA${'Q'.repeat(16)}`,
    `AIza${tail}`,
    `ya29.${tail}`,
    `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${tail}`,
    `Bearer ${tail}`,
    `bearer ${tail}`,
    `Basic ${tail}==`,
  ])('%s', (secret) => {
    const line = lineOf({
      said: `before ${secret} after`,
      nested: { deep: [secret] },
      cause: new Error(secret),
      // An escaped line break ends in a letter.
      lines: `before\n${secret}`,
    })
    expect(line).not.toContain(secret.slice(-12))
    expect(line).toContain('before ')
    expect(line).toContain(' after')
    expect(() => JSON.parse(line)).not.toThrow()
  })

  test('the password in an address', () => {
    const line = lineOf({ url: 'postgres://kkai:hunter2@db.internal:5432/kkai' })
    expect(line).not.toContain('hunter2')
    expect(line).toContain('@db.internal:5432/kkai')
  })
})

test('ids and models are not mistaken for secrets', () => {
  const facts = {
    request: 'gen-01jd0zv2n3p4q5r6s7t8v9w0x1',
    model: 'openai/gpt-5.2-mini',
    key: 'key_01jd0zv2n3p4q5',
  }
  expect(JSON.parse(lineOf(facts))).toMatchObject(facts)
})
