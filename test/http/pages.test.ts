import { describe, expect, test } from 'bun:test'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { pageRoutes, type SiteManifest } from '../../src/http/pages.ts'
import { open } from './open.ts'

const directory = mkdtempSync(join(tmpdir(), 'kkai-site-'))
const script = 'document.title = "x"'.repeat(50)
writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Start</title>')
writeFileSync(join(directory, 'main-1a2b.js.br'), brotliCompressSync(script))
writeFileSync(join(directory, 'main-1a2b.js.gz'), gzipSync(script))
const page = {
  file: 'index.html',
  type: 'text/html;charset=utf-8',
  etag: '"p"',
  immutable: false,
  compressed: false,
}
const files: SiteManifest['files'] = {
  '/': page,
  '/assets/main-1a2b.js': {
    file: 'main-1a2b.js',
    type: 'text/javascript;charset=utf-8',
    etag: '"s"',
    immutable: true,
    compressed: true,
  },
}
const { url } = open((http) => http.use(pageRoutes({ directory, files, paths: [] })))

test('a page may load only from here, be framed by no one, and is asked for each time', async () => {
  const { headers } = await fetch(url)
  expect(headers.get('content-type')).toBe('text/html;charset=utf-8')
  expect(headers.get('cache-control')).toBe('no-cache')
  const policy = headers.get('content-security-policy') ?? ''
  expect(policy).toContain("default-src 'self'")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe')
  expect(policy).not.toContain('http')
})

test('a file with a hash in its name is kept for a year', async () => {
  const { headers } = await fetch(`${url}/assets/main-1a2b.js`)
  expect(headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

test('what the browser has already is not sent again', async () => {
  const reply = await fetch(url, { headers: { 'if-none-match': '"p"' } })
  expect([reply.status, await reply.text()]).toEqual([304, ''])
})

describe('the copy that is sent', () => {
  test.each([
    ['gzip, deflate, br, zstd', 'br'],
    ['gzip', 'gzip'],
    ['br;q=0, gzip;q=0.5', 'gzip'],
    ['identity', null],
    ['br;q=0.0', null],
  ])('for %p is in %p', async (accepted, coding) => {
    const reply = await fetch(`${url}/assets/main-1a2b.js`, {
      headers: { 'accept-encoding': accepted },
    })
    expect(reply.headers.get('content-encoding')).toBe(coding)
    expect(reply.headers.get('vary')).toBe('accept-encoding')
    expect(await reply.text()).toBe(script)
  })
})

test.each(['/../package.json', '/assets/..%2f..%2fpackage.json', '/manifest.json', '/assets/'])(
  '%s is not served: only what the manifest lists',
  async (path) => {
    expect((await fetch(url + path)).status).toBe(404)
  },
)
