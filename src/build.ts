/**
 * Builds the one executable, `dist/kkai`: the web pages bundled to hashed files with compressed copies and a manifest,
 * then everything compiled. The same sources give the same bytes; when they have not changed, nothing is built.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { SiteFile } from './http/pages.ts'

const root = join(import.meta.dir, '..')
const dist = join(root, 'dist')
const site = join(dist, 'site')
const executable = join(dist, 'kkai')
const stamp = join(dist, 'kkai.inputs')
const inputs = ['src', 'web', 'migrations', 'package.json', 'bun.lock', 'tsconfig.json']
const largestBytes = 125e6

/** Pages by the path they are served at; what they load is served where the bundler says. */
const pages: Readonly<Record<string, string>> = { '/': 'index.html', '/swagger': 'swagger.html' }

async function buildSite(): Promise<void> {
  rmSync(site, { recursive: true, force: true })
  const { outputs } = await Bun.build({
    entrypoints: Object.values(pages).map((page) => join(root, 'web', page)),
    outdir: site,
    publicPath: '/',
    minify: true,
    splitting: true,
    naming: {
      entry: '[name].[ext]',
      chunk: 'assets/[name]-[hash].[ext]',
      asset: 'assets/[name]-[hash].[ext]',
    },
  })
  const files: Record<string, SiteFile> = {}
  for (const output of outputs) {
    const file = relative(site, output.path)
    const path = Object.keys(pages).find((key) => pages[key] === file) ?? `/${file}`
    files[path] = describe(file, output.type)
    if (file.endsWith('.svg')) files['/favicon.ico'] = { ...files[path], immutable: false }
  }
  // Loaded by its path: the product takes nothing from web.
  const { pages: views }: { pages: { path: string }[] } = await import(join(root, 'web/routes.ts'))
  const paths = views.map(({ path }) => path)
  writeFileSync(join(site, 'manifest.json'), JSON.stringify({ files, paths }))
}

/** Puts compressed copies in the file's place, where they are smaller. */
function describe(file: string, type: string): SiteFile {
  const bytes = readFileSync(join(site, file))
  const quality = bytes.length < 256 * 1024 ? 11 : 9
  const brotli = brotliCompressSync(bytes, {
    params: { [constants.BROTLI_PARAM_QUALITY]: quality },
  })
  const gzip = gzipSync(bytes, { level: 9 })
  const compressed = Math.max(brotli.length, gzip.length) < bytes.length
  if (compressed) {
    writeFileSync(join(site, `${file}.br`), brotli)
    writeFileSync(join(site, `${file}.gz`), gzip)
    rmSync(join(site, file))
  }
  const etag = `"${new Bun.CryptoHasher('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  return { file, type, etag, immutable: file.startsWith('assets/'), compressed }
}

/** Of the other page that @elysiajs/swagger could show and that is never mounted: with what they need, most of a megabyte. */
const withoutThemes: Bun.BunPlugin = {
  name: 'without-themes',
  setup: (build) => {
    build.onResolve({ filter: /^@scalar\/themes$/ }, ({ path }) => ({
      path,
      namespace: 'left-out',
    }))
    build.onLoad({ filter: /./, namespace: 'left-out' }, () => ({
      contents: "export const elysiajsTheme = ''",
      loader: 'js',
    }))
  },
}

/**
 * Names stay readable in traces; lines do not, but the same sources give the same bytes, so a map can be made for any release.
 * Nothing is read from the directory that it will run in.
 */
async function compile(): Promise<void> {
  const minify = { whitespace: true, syntax: true }
  // Beside the code, not in it: compiled ahead, the tokenizer's tables alone would take 9 MB, and what is seldom used
  // ("apart") eight times its size. Packed, and without folders, so that `base/apart.ts` finds what
  // is asked for from source and from the executable alike.
  const beside = await Bun.build({
    entrypoints: [
      ...new Bun.Glob('src/**/*-{worker,apart}.ts').scanSync({ cwd: root, absolute: true }),
    ].sort(),
    outdir: dist,
    naming: '[name].[ext]',
    target: 'bun',
    minify,
  })
  await Bun.build({
    entrypoints: [join(root, 'src/main.ts')],
    target: 'bun',
    format: 'esm',
    bytecode: true,
    minify,
    // Elysia asks for it to look into uploaded files, which no route takes.
    external: ['file-type'],
    plugins: [withoutThemes],
    compile: {
      outfile: executable,
      assets: [site, ...beside.outputs.map(({ path }) => pack(path))],
      autoloadDotenv: false,
      autoloadBunfig: false,
    },
  })
}

/** `base/apart.ts` unpacks it. */
function pack(path: string): string {
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }))
  return `${path}.gz`
}

/** A hash over the names and contents of everything that goes in. */
function hashInputs(): string {
  const hasher = new Bun.CryptoHasher('sha256').update(Bun.version)
  for (const input of inputs) {
    const path = join(root, input)
    const files = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).sort()
      : ['']
    for (const file of files) {
      const full = join(path, file)
      if (statSync(full).isFile()) hasher.update(`\n${file}\n`).update(readFileSync(full))
    }
  }
  return hasher.digest('hex')
}

async function isCurrent(hash: string): Promise<boolean> {
  const [made, of] = [Bun.file(executable), Bun.file(stamp)]
  return (await made.exists()) && (await of.exists()) && (await of.text()) === hash
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

const start = performance.now()
const hash = hashInputs()
if (await isCurrent(hash)) say('dist/kkai is up to date.')
else {
  mkdirSync(dist, { recursive: true })
  rmSync(stamp, { force: true })
  await buildSite()
  await compile()
  const { size } = statSync(executable)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  say(`dist/kkai: ${(size / 1e6).toFixed(1)} MB in ${seconds} s.`)
  if (size > largestBytes) throw new Error('The executable is larger than 125 MB.')
  writeFileSync(stamp, hash)
}
