/** Settings: where each comes from, and what is refused with exit code 78. */
import { describe, expect, test } from 'bun:test'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FatalError } from '../src/base/error.ts'
import { readHeaders } from '../src/base/kind.ts'
import { readSettings } from '../src/config.ts'

const directory = mkdtempSync(join(tmpdir(), 'kkai-config-'))

function fileWith(text: string): string {
  const path = join(directory, `${crypto.randomUUID()}.toml`)
  writeFileSync(path, text)
  return path
}

function refusalOf(read: () => unknown): FatalError {
  try {
    read()
  } catch (cause) {
    if (cause instanceof FatalError) return cause
    throw cause
  }
  throw new Error('nothing was refused')
}

describe('a setting comes from', () => {
  const config = fileWith('drain_ms = 3')

  test.each([
    // flags              environment               value   source
    [{ drain_ms: '1' }, { KKAI_DRAIN_MS: '2' }, 1, 'flag --drain-ms'],
    [{}, { KKAI_DRAIN_MS: '2' }, 2, 'KKAI_DRAIN_MS'],
    [{}, {}, 3, config],
  ])('the flag, else the environment, else the file: %j %j', (flags, env, value, source) => {
    const settings = readSettings({ ...flags, config }, env)
    expect(settings.config.drainMs).toBe(value)
    expect(settings.sources.drain_ms).toBe(source)
  })

  test('the file in the data directory, where there is one', () => {
    writeFileSync(join(directory, 'kkai.toml'), 'clamp = false')
    expect(readSettings({ data: directory }, {}).config.clamp).toBe(false)
  })

  test('its default, where nobody says it', () => {
    const { config, sources } = readSettings({}, {})
    expect(config).toMatchObject({
      data: 'kkai-data',
      listen: { hostname: '127.0.0.1', port: 8080 },
      database: null,
      overdraft: 50_000_000n,
      clamp: true,
      trustedProxies: [],
      tiers: {
        standard: { rpm: 600, tpm: 2_000_000, concurrent: 50 },
        operator: { rpm: null, tpm: null, concurrent: null },
      },
    })
    expect(new Set(Object.values(sources))).toEqual(new Set(['default']))
    expect(Object.isFrozen(config)).toBe(true)
  })

  test('a file, for a secret', () => {
    const path = fileWith('postgres://db/kkai\n')
    const { config, sources } = readSettings({}, { KKAI_DATABASE_FILE: path })
    expect([config.database, sources.database]).toEqual([
      'postgres://db/kkai',
      'KKAI_DATABASE_FILE',
    ])
  })
})

test('tiers in the file stand beside the built-in ones; what a tier leaves out has no limit', () => {
  const config = fileWith('[tiers.trial]\nrpm = 10\n[tiers.standard]\nconcurrent = 5')
  expect(readSettings({ config }, {}).config.tiers).toEqual({
    operator: { rpm: null, tpm: null, concurrent: null },
    standard: { rpm: null, tpm: null, concurrent: 5 },
    trial: { rpm: 10, tpm: null, concurrent: null },
  })
})

test.each([
  ['127.0.0.1:0', { hostname: '127.0.0.1', port: 0 }],
  ['[::1]:8080', { hostname: '::1', port: 8080 }],
  ['localhost:65535', { hostname: 'localhost', port: 65_535 }],
])('listen reads %s', (listen, expected) => {
  expect(readSettings({ listen }, {}).config.listen).toEqual(expected)
})

test.each([
  ['listen', '8080'],
  ['listen', 'localhost:65536'],
  ['listen', '::1:80'],
  ['public_url', 'ai.example.com'],
  ['public_url', 'https://ai.example.com/path'],
  ['public_url', 'ftp://ai.example.com'],
  ['overdraft', '-1'],
  ['overdraft', '1e3'],
  ['clamp', 'yes'],
  ['drain_ms', '1.5'],
  ['drain_ms', '-1'],
  ['log_level', 'loud'],
  ['tiers', '{"standard":{"rpm":0}}'],
  ['tiers', '{"standard":{"speed":1}}'],
  ['data', ' '],
  ['otel_endpoint', 'collector:4318'],
  ['otel_endpoint', 'ftp://collector'],
  ['otel_endpoint', 'http://user:pass@collector'],
  ['otel_endpoint', 'http://collector/?token=1'],
  ['otel_sample', '1.1'],
  ['otel_sample', '-0.1'],
  ['otel_sample', 'half'],
])('%s refuses %j, naming itself and where it was said', (name, value) => {
  const refusal = refusalOf(() => readSettings({ [name]: value }, {}))
  expect(refusal.exitCode).toBe(78)
  expect(refusal.message).toStartWith(`The setting ${name} must be `)
  expect(refusal.message).toContain(`(flag --${name.replace('_', '-')})`)
})

test('of the traces: a path stays, a share may be any part, a header may hold an equals sign', () => {
  const { config } = readSettings(
    { otel_endpoint: 'https://otel.example.com/otlp/', otel_sample: '.25' },
    { KKAI_OTEL_HEADERS: 'authorization=Basic YTpi==,x-tenant=ours' },
  )
  expect([config.otelEndpoint, config.otelSample]).toEqual(['https://otel.example.com/otlp', 0.25])
  expect(readHeaders(config.otelHeaders)).toEqual({
    ...{ authorization: 'Basic YTpi==', 'x-tenant': 'ours' },
  })
  expect(readHeaders(null)).toEqual({})
})

test.each(['hunter2', 'a=', '=b', 'a=b,', 'a=b,c', 'a b=c', 'a=b\r\nc: d', 'a=é'])(
  'otel_headers refuses %j without repeating it',
  (value) => {
    const { message } = refusalOf(() => readSettings({}, { KKAI_OTEL_HEADERS: value }))
    expect(message).toBe(
      'The setting otel_headers must be NAME=VALUE, more divided by commas (KKAI_OTEL_HEADERS).',
    )
  },
)

test('a secret that is wrong is not repeated', () => {
  const refusal = refusalOf(() => readSettings({}, { KKAI_SEALING_KEY: 'hunter2' }))
  expect(refusal.message).toBe('The setting sealing_key must be 64 hex digits (KKAI_SEALING_KEY).')
})

describe('an unknown name is refused with what may have been meant', () => {
  test.each([
    [
      { KKAI_LISTN: '1' },
      'There is no setting KKAI_LISTN (in the environment). Did you mean KKAI_LISTEN?',
    ],
    [{ KKAI_CLAMP_FILE: '1' }, 'There is no setting KKAI_CLAMP_FILE'],
    [
      { KKAI_WEATHER: '1' },
      'There is no setting KKAI_WEATHER (in the environment). See kkai serve --help for all settings.',
    ],
  ])('%j', (env, words) => {
    const refusal = refusalOf(() => readSettings({}, env))
    expect([refusal.exitCode, refusal.message]).toEqual([78, expect.stringContaining(words)])
  })

  test('in the file too', () => {
    const config = fileWith('lissten = "x"')
    expect(refusalOf(() => readSettings({ config }, {})).message).toContain('Did you mean listen?')
  })

  test('what Kubernetes adds for a service of that name is let be', () => {
    const env = {
      KKAI_SERVICE_HOST: '10.0.0.1',
      KKAI_PORT: 'tcp://10.0.0.1:80',
      KKAI_PORT_80_TCP: 'x',
    }
    expect(() => readSettings({}, env)).not.toThrow()
  })
})

test.each([
  ['a file that is named and missing', () => readSettings({ config: '/none/kkai.toml' }, {})],
  ['a file that is not TOML', () => readSettings({ config: fileWith('= 1') }, {})],
  ['a secret’s file that is missing', () => readSettings({}, { KKAI_DATABASE_FILE: '/none' })],
])('%s stops with exit code 78', (_, read) => {
  expect(refusalOf(read)).toMatchObject({
    exitCode: 78,
    message: expect.stringContaining('cannot be read'),
  })
})
