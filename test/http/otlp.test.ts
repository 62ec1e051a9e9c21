/** Spans on their way to a collector that works, is slow, refuses, or is not there. */
import { describe, expect, test } from 'bun:test'
import { silentLog } from '../../src/base/log.ts'
import { openOtlp, type Span } from '../../src/http/otlp.ts'
import { openCollector } from '../helpers/collector.ts'

const span = (name: string): Span => ({
  ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: null, link: null },
  ...{
    name,
    kind: 'client',
    startMs: 1_767_225_600_000.25,
    endMs: 1_767_225_600_001,
    failed: true,
  },
  attributes: { text: 'x', whole: 7, part: 0.5, yes: true, some: ['a', 'b'], none: null },
})

function open(endpoint: string) {
  const fates = { sent: 0, refused: 0, dropped: 0 }
  const exporter = openOtlp({
    ...{ endpoint, headers: { 'x-tenant': 'ours' }, resource: { 'service.name': 'kkai' } },
    ...{ log: silentLog, everyMs: 5 },
    counted: (fate, spans) => {
      fates[fate] += spans
    },
  })
  return { exporter, fates }
}

test('a span arrives as OTLP writes it, with the headers that were set', async () => {
  const collector = openCollector()
  const { exporter, fates } = open(`${collector.url}/otlp/`)
  exporter.offer([span('one')])
  await exporter.stop()
  expect(collector.requests[0]?.path).toBe('/otlp/v1/traces')
  expect(collector.requests[0]?.headers.get('x-tenant')).toBe('ours')
  expect(collector.requests[0]?.headers.get('content-type')).toBe('application/json')
  expect(collector.resource).toEqual({ 'service.name': 'kkai' })
  expect(collector.spans).toEqual([
    {
      ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'one', kind: 3 },
      startTimeUnixNano: '1767225600000250000',
      endTimeUnixNano: '1767225600001000000',
      attributes: { text: 'x', whole: 7, part: 0.5, yes: true, some: ['a', 'b'] },
      status: { code: 2 },
    },
  ])
  expect(fates).toEqual({ sent: 1, refused: 0, dropped: 0 })
})

test('many go in batches, each once', async () => {
  const collector = openCollector()
  const { exporter, fates } = open(collector.url)
  for (let at = 0; at < 1_000; at++) exporter.offer([span(String(at))])
  await exporter.stop()
  expect(collector.requests).toHaveLength(4)
  expect(new Set(collector.spans.map(({ name }) => name)).size).toBe(1_000)
  expect(fates.sent).toBe(1_000)
})

describe('a collector that answers', () => {
  test.each([429, 502, 503, 504])('%i is asked again with the same spans', async (status) => {
    const collector = openCollector()
    collector.status = status
    const { exporter, fates } = open(collector.url)
    exporter.offer([span('patient')])
    while (collector.requests.length === 0) await Bun.sleep(1)
    collector.status = 200
    await collector.until(({ name }) => name === 'patient')
    await exporter.stop()
    expect(fates).toEqual({ sent: 1, refused: 0, dropped: 0 })
    expect(collector.spans).toHaveLength(1)
  })

  // A redirect is a 3xx like any other: spans go where the operator said.
  test.each([307, 400, 401, 404, 500])('%i has lost them, which is counted', async (status) => {
    const collector = openCollector()
    collector.status = status
    const { exporter, fates } = open(collector.url)
    exporter.offer([span('lost'), span('too')])
    await exporter.stop()
    expect(fates).toEqual({ sent: 0, refused: 2, dropped: 0 })
  })
})

test('one that is not there keeps no more waiting than there is room for; the rest is dropped and counted', async () => {
  const { exporter, fates } = open('http://127.0.0.1:1')
  for (let at = 0; at < 5_000; at++) exporter.offer([span('nowhere')])
  expect(fates.dropped).toBe(904)
  await exporter.stop()
  expect(fates).toEqual({ sent: 0, refused: 0, dropped: 5_000 })
})
