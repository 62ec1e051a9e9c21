/**
 * The web pages and their files, as `build.ts` left them in the executable: each with its type and etag, compressed
 * already, so nothing is compressed while serving. A name with a hash never changes; pages are asked for again.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Elysia } from 'elysia'

/** What `build.ts` writes about each file, by the path it is served at. */
export interface SiteFile {
  /** Below the site's directory; the compressed copies add `.br` and `.gz`, and only they are kept. */
  file: string
  type: string
  etag: string
  /** The path holds a hash of the content. */
  immutable: boolean
  compressed: boolean
}
export interface SiteManifest {
  files: Readonly<Record<string, SiteFile>>
  /** The pages' paths (`web/routes.ts`): each is answered with the one page that shows them all. */
  paths: readonly string[]
}

export interface Site extends SiteManifest {
  directory: string
}

/** Nothing inline, nothing from elsewhere; pictures may be in the style sheet itself. */
const pageHeaders = {
  'content-security-policy':
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

export const notFoundPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Not found</title>
<h1>There is nothing at this address</h1>
<p><a href="/">Start page</a> · <a href="/swagger">API documentation</a></p>
`

/** The site in the executable; run from source, what the last build left in `dist`. Empty where nothing was built. */
export function openSite(): Site {
  const directory = Bun.isStandaloneExecutable
    ? join(import.meta.dir, 'site')
    : join(import.meta.dir, '../../dist/site')
  const manifest = join(directory, 'manifest.json')
  const built: SiteManifest = existsSync(manifest)
    ? JSON.parse(readFileSync(manifest, 'utf8'))
    : { files: {}, paths: [] }
  return { directory, ...built }
}

export function pageRoutes({ directory, files, paths }: Site) {
  const routes = new Elysia({ name: 'pages' })
  const views = paths.flatMap((path) => (files['/'] ? [[path, files['/']] as const] : []))
  for (const [path, file] of new Map([...views, ...Object.entries(files)])) {
    routes.get(path, ({ request }) => answerFile(directory, file, request), {
      detail: { hide: true },
    })
  }
  return routes
}

export function answerPage(html: string, status: number): Response {
  const headers = {
    ...pageHeaders,
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
  }
  return new Response(html, { status, headers })
}

async function answerFile(directory: string, file: SiteFile, request: Request): Promise<Response> {
  const headers: Record<string, string> = {
    ...pageHeaders,
    'content-type': file.type,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: file.etag,
    vary: 'accept-encoding',
  }
  if (request.headers.get('if-none-match')?.includes(file.etag)) {
    return new Response(null, { status: 304, headers })
  }
  const path = join(directory, file.file)
  if (!file.compressed) return new Response(Bun.file(path), { headers })
  const coding = chooseCoding(request.headers.get('accept-encoding') ?? '')
  if (coding === null) {
    return new Response(Bun.gunzipSync(await Bun.file(`${path}.gz`).bytes()), { headers })
  }
  headers['content-encoding'] = coding.name
  return new Response(Bun.file(path + coding.suffix), { headers })
}

const codings = [
  { name: 'br', suffix: '.br' },
  { name: 'gzip', suffix: '.gz' },
] as const

/** The smallest copy that the client takes; `;q=0` says that it does not. */
function chooseCoding(accepted: string): (typeof codings)[number] | null {
  const named = accepted.split(',').flatMap((part) => {
    const [name = '', weight = ''] = part.split(';').map((piece) => piece.trim())
    return /^q=0(\.0*)?$/.test(weight) ? [] : [name]
  })
  return codings.find(({ name }) => named.includes(name)) ?? null
}
