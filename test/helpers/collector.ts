/** An OpenTelemetry collector on loopback: keeps the spans that it is sent, and may be told to refuse them. */
import { afterAll } from 'bun:test'

type Value = { stringValue?: string; boolValue?: boolean; intValue?: string; doubleValue?: number }
interface Attribute {
  key: string
  value: Value & { arrayValue?: { values: Value[] } }
}
interface Sent {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: Attribute[]
  links?: { traceId: string; spanId: string }[]
  status?: { code: number }
}
export interface Received extends Omit<Sent, 'attributes'> {
  attributes: Record<string, unknown>
}

export interface Collector {
  url: string
  spans: Received[]
  /** Every request, as it came. */
  requests: { path: string; headers: Headers; text: string }[]
  /** What it answers from now on. */
  status: number
  resource: Record<string, unknown>
  /** Spans, once there is one that fits. */
  until(fits: (span: Received) => boolean): Promise<Received>
}

export function openCollector(): Collector {
  const waiting = new Set<() => void>()
  const server = Bun.serve({
    ...{ hostname: '127.0.0.1', port: 0 },
    fetch: async (request) => {
      const text = await request.text()
      const { pathname: path } = new URL(request.url)
      collector.requests.push({ path, headers: request.headers, text })
      if (collector.status === 200) keep(JSON.parse(text))
      for (const look of waiting) look()
      return new Response('{}', { status: collector.status })
    },
  })
  afterAll(() => server.stop(true))

  const collector: Collector = {
    ...{ url: server.url.origin, spans: [], requests: [], status: 200, resource: {} },
    until: (fits) =>
      new Promise((resolve) => {
        const look = () => {
          const found = collector.spans.find(fits)
          if (found === undefined) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
  }

  function keep(body: {
    resourceSpans: {
      resource: { attributes: Attribute[] }
      scopeSpans: { spans: Sent[] }[]
    }[]
  }): void {
    for (const { resource, scopeSpans } of body.resourceSpans) {
      collector.resource = readAttributes(resource.attributes)
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        collector.spans.push({ ...span, attributes: readAttributes(span.attributes) })
      }
    }
  }
  return collector
}

function readAttributes(attributes: Attribute[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.arrayValue?.values.map(readValue) ?? readValue(value),
    ]),
  )
}

function readValue({ stringValue, boolValue, intValue, doubleValue }: Value): unknown {
  return stringValue ?? boolValue ?? doubleValue ?? Number(intValue)
}
