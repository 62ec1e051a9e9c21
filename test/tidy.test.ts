/** The house, held by a machine: what a reviewer would otherwise have to see each time. `architecture` in the README. */
import { describe, expect, test } from 'bun:test'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const root = join(import.meta.dir, '..')

/** Lower rows first. A folder imports lower rows, and itself. */
const ranks: readonly (readonly string[])[] = [
  ['base'],
  ['config', 'store', 'http', 'dialects'],
  // What they are opened with is a setting.
  ['processors', 'invoices'],
  // The outbox is in the store, and a member is a user: these peers meet in the order given.
  ['mail'],
  ['ledger', 'catalog', 'legal'],
  ['user'],
  ['account'],
  ['key'],
  // What a call or a payment tells is told by it.
  ['notice'],
  ['gateway', 'billing'],
  ['admin'],
  ['demo', 'jobs'],
  ['app'],
  ['commands'],
  ['main'],
]

/** Where each package may be imported: replacing one is a change in that place. */
const homes: Readonly<Record<string, RegExp>> = {
  elysia: /^src\/(app\.ts|http\/.*|.*\/(.*-)?(routes|guard)\.ts)$/,
  '@elysiajs/swagger': /^src\/http\/docs\.ts$/,
  '@logtape/logtape': /^src\/base\/log\.ts$/,
  '@pydantic/genai-prices': /^src\/catalog\/(sync|list-prices-apart)\.ts$/,
  arctic: /^src\/user\/oauth\.ts$/,
  bun: /^src\/(store|ledger|gateway|http)\//,
  'bun:sqlite': /^src\/(store|ledger)\//,
  '@elysiajs/eden': /^web\/api\.ts$/,
  '@preact/signals': /^web\//,
  '@simplewebauthn/browser': /^web\//,
  '@simplewebauthn/server': /^src\/user\/(passkey|passkey-apart|factor-routes)\.ts$/,
  'altcha-lib': /^(src\/user\/captcha\.ts|web\/.*)$/,
  commander: /^src\/(commands\/|main\.ts)/,
  'csv-stringify': /^src\/http\/csv\.ts$/,
  'd3-array': /^web\//,
  'd3-shape': /^web\//,
  'drizzle-orm': /^src\/(?!base|http|dialects|processors)/,
  'gpt-tokenizer': /^src\/gateway\/count-worker\.ts$/,
  htm: /^(web|src\/mail)\//,
  jose: /^src\/user\/oauth\.ts$/,
  lucia: /^src\/user\/session\.ts$/,
  marked: /^web\//,
  nodemailer: /^src\/mail\/send-apart\.ts$/,
  otpauth: /^src\/user\/totp\.ts$/,
  preact: /^(web|src\/mail)\//,
  'preact-iso': /^web\//,
  'preact-render-to-string': /^src\/mail\//,
  'prom-client': /^src\/http\/metrics\.ts$/,
  'smol-toml': /^src\/config\.ts$/,
  stripe: /^src\/processors\/stripe(-\w+)?\.ts$/,
  standardwebhooks: /^src\/notice\/webhook\.ts$/,
  'swagger-ui-dist': /^web\/swagger\.ts$/,
  uqr: /^web\//,
}

const topLevel = [
  '.ci',
  '.gitignore',
  'Dockerfile',
  'LICENSE',
  'README.md',
  'biome.json',
  'bun.lock',
]
topLevel.push('bunfig.toml', 'migrations', 'package.json', 'src', 'test', 'tsconfig.json', 'web')

interface Import {
  from: string
  to: string
  typeOnly: boolean
}

const sources = ['src', 'web', 'migrations', 'test'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join(folder, file)),
)
const text = new Map(sources.map((file) => [file, readFileSync(join(root, file), 'utf8')]))
const product = sources.filter((file) => /^(src|web)\//.test(file) && !file.endsWith('.d.ts'))

/** `import … from`, `export … from`, `import()`, and what is started by its path: a Worker, a program of a test. */
const references =
  /^(?:import|export)\s(?<type>type\s)?(?:[^'";]*?\sfrom\s)?'(?<name>[^']+)'|\bimport\(\s*'(?<lazy>[^']+)'|new URL\('(?<worker>\.[^']+)', import|join\(import\.meta\.dir, '(?<program>[^']+\.ts)'/gm

const imports: Import[] = sources.flatMap((from) =>
  [...(text.get(from) ?? '').matchAll(references)].map(({ groups = {} }) => {
    const name = groups.name ?? groups.lazy ?? groups.worker ?? `./${groups.program}`
    const to = name.startsWith('.') ? normalize(join(dirname(from), name)) : name
    return { from, to, typeOnly: groups.type !== undefined }
  }),
)
const ours = imports.filter(({ to }) => text.has(to))

function folderOf(file: string): string {
  return file.split('/')[1]?.replace(/\.ts$/, '') ?? ''
}

function rankOf(file: string): number {
  return ranks.findIndex((row) => row.includes(folderOf(file)))
}

function packageOf(name: string): string {
  return /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name
}

test('every folder of src has its rank', () => {
  const unranked = product.filter((file) => file.startsWith('src/') && rankOf(file) === -1)
  expect(unranked).toEqual(['src/build.ts'])
})

test('imports run downhill', () => {
  const uphill = ours.filter(({ from, to }) => {
    if (!from.startsWith('src/') || !to.startsWith('src/') || from === 'src/build.ts') return false
    return folderOf(from) !== folderOf(to) && rankOf(to) >= rankOf(from)
  })
  expect(uphill.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
})

test('the browser takes types from src, never code; src takes nothing from web', () => {
  const crossing = ours.filter(({ from, to, typeOnly }) => {
    if (from.startsWith('web/')) return !to.startsWith('web/') && !typeOnly
    return from.startsWith('src/') && to.startsWith('web/')
  })
  expect(crossing).toEqual([])
})

test('only the store reads the migrations', () => {
  const readers = ours.filter(
    ({ from, to }) => from.startsWith('src/') && to.startsWith('migrations/'),
  )
  expect(readers.filter(({ from }) => !from.startsWith('src/store/'))).toEqual([])
})

describe('packages', () => {
  const external = imports.filter(
    ({ from, to }) =>
      product.includes(from) && !/^(node:|\.|src\/|web\/|migrations\/|package\.json)/.test(to),
  )

  test('each is imported at its home only', () => {
    const strays = external.filter(({ from, to }) => !homes[packageOf(to)]?.test(from))
    expect(strays.map(({ from, to }) => `${from} imports ${to}`)).toEqual([])
  })

  test('each that is installed for the product is used', () => {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    const used = new Set(external.map(({ to }) => packageOf(to)))
    const unused = Object.keys(dependencies).filter((name) => !used.has(name))
    expect(unused.sort()).toEqual([])
  })

  test('each is pinned to one version', () => {
    const { dependencies, devDependencies } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    )
    const loose = Object.entries<string>({ ...dependencies, ...devDependencies })
    expect(loose.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([])
  })
})

const lists = sources.filter((file) => /^(src|migrations)\/.*list\.ts$/.test(file))

/** Beside the members there are only what they share, and what uses the list. */
test.each(lists)('%s names every member of its set', (list) => {
  const folder = readdirSync(join(root, dirname(list)))
    .filter((file) => /(?<!\.d)\.(ts|sql)$/.test(file))
    .map((file) => join(dirname(list), file))
  const users = folder.filter((file) => reach([file]).has(list))
  const named = reach([list, ...users])
  expect(folder.filter((file) => !named.has(file))).toEqual([])
})

function reach(roots: readonly string[]): Set<string> {
  const seen = new Set<string>(roots)
  for (const file of seen) {
    for (const { from, to } of imports) if (from === file) seen.add(to)
  }
  return seen
}

test('no file is dead', () => {
  const scripts = [
    ...readFileSync(join(root, 'web/index.html'), 'utf8').matchAll(/src="\.\/([^"]+)"/g),
  ]
  const { scripts: commands } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const roots = [
    ...Object.values<string>(commands).flatMap((line) => line.match(/\btest\/[\w/-]+\.ts/g) ?? []),
    // bunfig.toml names it.
    'test/helpers/seed.ts',
    'src/main.ts',
    'src/build.ts',
    'web/swagger.ts',
    ...scripts.map(([, name]) => `web/${name}`),
  ]
  const tests = sources.filter((file) => /^test\/.*(\.test|\/run)\.ts$|^test\/run\.ts$/.test(file))
  const live = reach([...roots, ...tests])
  expect(sources.filter((file) => !live.has(file) && !file.endsWith('.d.ts'))).toEqual([])
})

test('no product file lives for its tests alone', () => {
  const live = reach([
    'src/main.ts',
    'src/build.ts',
    'src/gateway/count-worker.ts',
    'web/main.ts',
    'web/swagger.ts',
  ])
  expect(product.filter((file) => !live.has(file))).toEqual([])
})

test('only the settings read the environment', () => {
  const readers = product.filter((file) => /\b(process|Bun)\.env\b/.test(text.get(file) ?? ''))
  expect(readers.filter((file) => file !== 'src/config.ts')).toEqual([])
})

/** Where the product's own code holds what `what` finds: `file: found`, in order. */
function findAll(what: RegExp): string[] {
  return product
    .toSorted()
    .flatMap((file) =>
      [...new Set((text.get(file) ?? '').match(what) ?? [])].map((found) => `${file}: ${found}`),
    )
}

test('nothing that was written elsewhere is run: no eval, no markup from text, no shell', () => {
  expect(
    findAll(/\beval\(|new Function\(|innerHTML|document\.write|child_process|Bun\.\$/gi),
  ).toEqual([])
  // Each is this very program, with words of our own.
  expect(findAll(/Bun\.spawn\(\[?[\w.]+/g)).toEqual([
    'src/jobs/backup.ts: Bun.spawn([process.execPath',
    'src/jobs/verify.ts: Bun.spawn([process.execPath',
  ])
})

test('no pattern is made of what a stranger writes', () => {
  // Of our routes, of the cookie's name, and of a country's own form of a tax id.
  expect(findAll(/new RegExp\((?!\w+Pattern\))/g).map((found) => found.split(':')[0])).toEqual([
    'src/billing/tax.ts',
    'src/http/server.ts',
    'src/user/oauth-routes.ts',
  ])
})

test('each field for a password is masked, and may be filled by whatever keeps passwords', () => {
  const fields = findAll(/name="(?:password|current)".*/g)
  expect(fields.length).toBeGreaterThan(5)
  expect(
    fields.filter((one) => !/type="password".* autocomplete="(current|new)-password"/.test(one)),
  ).toEqual([])
  expect(findAll(/\bonPaste\b/g)).toEqual([])
})

test('no page listens to another window', () => {
  const listening = findAll(/'message'|\bonmessage\b|postMessage\(/gi)
  expect(listening.filter((one) => one.startsWith('web/'))).toEqual([])
})

test('ciphers are AES, of which CBC is ECPay’s own; hashes are SHA-256; nothing is guessed from Math.random', () => {
  expect(findAll(/\baes-[\w-]+|createCipher\b/g)).toEqual([
    'src/base/secret.ts: aes-256-gcm',
    'src/invoices/ecpay-seal.ts: aes-128-cbc',
  ])
  expect(findAll(/\b(md5|sha-?1|sha-?512|rc4|des-\w+|blowfish)\b/gi)).toEqual([])
  // Which channel is asked, which calls are traced, and a form's own id.
  expect(findAll(/Math\.random/g).map((found) => found.split(':')[0])).toEqual([
    'src/gateway/trace.ts',
    'src/gateway/upstream.ts',
    'web/parts/refund.ts',
  ])
})

test('the browser keeps a language, a theme and what was read, and nothing of an account', () => {
  expect(findAll(/(local|session)Storage\.\w+|indexedDB|document\.cookie/g)).toEqual([
    'web/language.ts: localStorage.setItem',
    'web/language.ts: localStorage.getItem',
  ])
  expect(findAll(/(?<!function )\bkeep\(\W?\w+/g).filter((one) => one.startsWith('web/'))).toEqual([
    "web/language.ts: keep('language",
    "web/language.ts: keep('theme",
    "web/parts/banner.ts: keep('dismissed",
  ])
})

test('a file fits in one room', () => {
  const long = product.filter((file) => (text.get(file) ?? '').split('\n').length > 301)
  expect(long).toEqual([])
})

test('every file of the product says what it is', () => {
  const silent = product.filter((file) => !/^(#!.*\n)?\/\*\*/.test(text.get(file) ?? ''))
  expect(silent).toEqual([])
})

test('nothing is exported without a name', () => {
  const nameless = [...product, ...sources].filter(
    (file) => !file.endsWith('.d.ts') && /^export default/m.test(text.get(file) ?? ''),
  )
  expect(nameless).toEqual([])
})

test('the top level is the card', () => {
  const local = ['.git', 'node_modules', 'dist', 'data', 'kkai-data']
  const found = readdirSync(root).filter((name) => !local.includes(name))
  expect(found.sort()).toEqual(topLevel.sort())
  expect(existsSync(join(root, '.ci/run'))).toBe(true)
})
