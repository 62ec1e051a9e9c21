/** The dashboard and the alert rules that the program prints, against the metrics that its server exposes. */
import { beforeAll, describe, expect, test } from 'bun:test'
import { kkai } from '../helpers/kkai.ts'
import { startTestServer } from '../helpers/server.ts'

interface Panel {
  id: number
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets: { expr: string }[]
}
interface Rule {
  alert: string
  expr: string
  for: string
  labels: { severity: string }
  annotations: { summary: string }
}

let panels: Panel[]
let rules: Rule[]
let exposed: Set<string>
beforeAll(async () => {
  panels = JSON.parse((await kkai(['grafana'])).stdout).panels
  const { groups } = Bun.YAML.parse((await kkai(['alerts'])).stdout) as {
    groups: { rules: Rule[] }[]
  }
  rules = groups.flatMap((group) => group.rules)
  const { server } = await startTestServer()
  const text = await fetch(`${server.url}/metrics`).then((reply) => reply.text())
  exposed = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name!))
})

const expressions = () => [
  ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...rules.map(({ expr }) => expr),
]
const named = () =>
  new Set(
    expressions().flatMap((expr) =>
      [...expr.matchAll(/\b(?:kkai|gen_ai|process)_\w+/g)].map(([name]) =>
        name.replace(/_bucket$/, ''),
      ),
    ),
  )

test('every metric that they name is one of the server', () => {
  expect(named().difference(exposed)).toEqual(new Set())
})

test('every metric of the server is looked at', () => {
  expect(exposed.size).toBeGreaterThan(20)
  expect(exposed.difference(named())).toEqual(new Set())
})

test('every expression is closed: brackets, quotes, and no amount without its comparison in a rule', () => {
  for (const expr of expressions()) {
    for (const pair of ['()', '[]', '{}']) {
      expect(expr.split(pair[0]!).length).toBe(expr.split(pair[1]!).length)
    }
    expect(expr.split('"').length % 2).toBe(1)
  }
  for (const { expr } of rules) expect(expr).toMatch(/^absent|[<>=] ?[\d.e]+/)
})

describe('the dashboard', () => {
  test('has panels that do not overlap, within 24 columns', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24)
      return Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`)
    })
    expect(new Set(cells).size).toBe(cells.length)
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  })
})

describe('the rules', () => {
  test('each has its own name, a time, a severity and a sentence', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length)
    for (const { labels, annotations, ...rule } of rules) {
      expect(rule.for).toMatch(/^\d+[mhd]$/)
      expect(['page', 'ticket']).toContain(labels.severity)
      expect(annotations.summary).toMatch(/[.?]$/)
    }
  })

  test('are the same as JSON', async () => {
    const { stdout } = await kkai(['alerts', '--json'])
    expect(JSON.parse(stdout)).toEqual({ groups: [{ name: 'kkai', rules }] })
  })
})
