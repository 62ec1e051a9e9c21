/** What `bun run build` made, run where nothing of this project is: an empty directory. */
import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Demo, executable, startDemo } from './helpers/compiled.ts'

let demo: Demo
beforeAll(async () => {
  demo = await startDemo((directory) => {
    writeFileSync(join(directory, '.env'), 'KKAI_LISTEN=nonsense\n')
    writeFileSync(join(directory, 'bunfig.toml'), 'preload = ["./evil.ts"]\n')
    writeFileSync(join(directory, 'evil.ts'), 'await Bun.write("evil", "ran")\n')
  })
})
afterAll(() => demo.stop())

const authorized = () => ({ authorization: `Bearer ${demo.key}` })
const get = (path: string) => fetch(demo.url + path, { headers: authorized() })

test('it is one file of at most 125 MB', () => {
  expect(statSync(executable).size).toBeLessThanOrEqual(125_000_000)
})

test('it reads no .env and no bunfig.toml of the directory that it runs in', () => {
  expect(existsSync(join(demo.directory, 'evil'))).toBe(false)
})

test('it answers the first call of an OpenAI client', async () => {
  const reply = await fetch(`${demo.url}/api/v1/chat/completions`, {
    method: 'POST',
    headers: authorized(),
    body: JSON.stringify({ model: 'sim-chat', messages: [{ role: 'user', content: 'Hello' }] }),
  })
  expect(reply.status).toBe(200)
  expect(await reply.json()).toMatchObject({ choices: [{ message: { role: 'assistant' } }] })
})

test('its tokenizer is with it: usage that no provider reported is counted', async () => {
  const reply = await fetch(`${demo.url}/api/v1/chat/completions`, {
    method: 'POST',
    headers: authorized(),
    body: JSON.stringify({
      model: 'demo/no-usage',
      messages: [{ role: 'user', content: 'Hello' }],
    }),
  })
  const { id } = (await reply.json()) as { id: string }
  expect(await (await get(`/api/v1/generation?id=${id}`)).json()).toMatchObject({
    data: { usage_source: 'counted' },
  })
})

test.each(['/healthz', '/readyz'])('%s is well', async (path) => {
  expect((await get(path)).status).toBe(200)
})

describe('its pages', () => {
  const links = async (page: string) => {
    const html = await (await get(page)).text()
    return [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link ?? '')
  }

  test.each(['/', '/swagger'])(
    '%s loads only what the executable holds, nothing inline',
    async (page) => {
      const found = await links(page)
      expect(found.length).toBeGreaterThanOrEqual(3)
      for (const link of found) {
        expect(link).toStartWith('/assets/')
        const reply = await get(link)
        expect(reply.status).toBe(200)
        expect(reply.headers.get('cache-control')).toContain('immutable')
        expect((await reply.bytes()).length).toBe(Number((await plainLength(link)) ?? 0))
      }
      const html = await (await get(page)).text()
      expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/)
    },
  )

  async function plainLength(link: string): Promise<number> {
    const reply = await fetch(demo.url + link, { headers: { 'accept-encoding': 'identity' } })
    expect(reply.headers.get('content-encoding')).toBeNull()
    return (await reply.bytes()).length
  }

  test('the style sheets take nothing from elsewhere', async () => {
    for (const link of [...(await links('/')), ...(await links('/swagger'))]) {
      if (!link.endsWith('.css')) continue
      const loads = (await (await get(link)).text()).match(
        /url\((?!["']?data:).{0,80}|@import.{0,80}/g,
      )
      expect(loads ?? []).toEqual([])
    }
  })

  test('Swagger’s ?url= changes nothing', async () => {
    const [plain, pointed] = await Promise.all(
      ['/swagger', '/swagger?url=https://evil.example'].map(get),
    )
    expect(await pointed?.text()).toBe(await plain!.text())
  })

  test('there is a favicon', async () => {
    expect((await get('/favicon.ico')).headers.get('content-type')).toBe('image/svg+xml')
  })
})

describe('its OpenAPI document', () => {
  interface Operation {
    summary?: string
    description?: string
    tags?: string[]
    requestBody?: { content: Record<string, { examples?: Record<string, { value: unknown }> }> }
    responses: Record<string, { description: string; content?: Record<string, object> }>
  }
  const operations = async () => {
    const document = (await (await get('/openapi.json')).json()) as {
      paths: Record<string, Record<string, Operation>>
    }
    return Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method} ${path}`,
        ...operation,
      })),
    )
  }

  test('lists the whole API', async () => {
    const names = (await operations()).map(({ name }) => name)
    for (const route of [
      'post /api/v1/chat/completions',
      'post /api/v1/embeddings',
      'get /api/v1/models',
      'get /api/v1/models/{id}',
      'get /api/v1/generation',
      'get /api/v1/key',
      'get /api/v1/credits',
    ]) {
      expect(names).toContain(route)
    }
  })

  const forPrograms = ({ name }: { name: string }) => name.includes(' /api/v1/')

  test('says of every route what it does, and how it refuses', async () => {
    for (const { name, summary, tags, responses } of await operations()) {
      expect([name, Boolean(summary && tags?.length)]).toEqual([name, true])
      for (const [status, { content = {} }] of Object.entries(responses)) {
        const example = Object.values(content).some((one) => 'example' in one || 'examples' in one)
        if (Number(status) >= 400) expect([name, status, example]).toEqual([name, status, true])
      }
    }
  })

  test('explains every route for programs, with an example of each reply', async () => {
    for (const { name, description, responses } of (await operations()).filter(forPrograms)) {
      expect([name, Boolean(description)]).toEqual([name, true])
      for (const [status, { content = {} }] of Object.entries(responses)) {
        const example = Object.values(content).some((one) => 'example' in one || 'examples' in one)
        expect([name, status, example]).toEqual([name, status, true])
      }
    }
  })

  test('says of every route below /api/v1 how a missing key is refused, where one is needed', async () => {
    for (const { name, responses } of await operations()) {
      const [method, path] = name.split(' ') as [string, string]
      if (!path.startsWith('/api/v1/')) continue
      const reply = await fetch(demo.url + path.replace('{id}', 'sim-chat'), {
        method: method.toUpperCase(),
        ...(/post|patch/.test(method) && { body: '{"name":"x"}' }),
      })
      if (reply.status === 200) continue
      expect([name, reply.status, Object.keys(responses)]).toEqual([
        name,
        401,
        expect.arrayContaining(['401']),
      ])
    }
  })

  test('has examples that work when they are tried', async () => {
    let tried = 0
    for (const { name, requestBody } of await operations()) {
      const [method, path] = name.split(' ') as [string, string]
      for (const { value } of Object.values(
        requestBody?.content['application/json']?.examples ?? {},
      )) {
        const init = {
          method: method.toUpperCase(),
          headers: authorized(),
          body: JSON.stringify(value),
        }
        const reply = await fetch(demo.url + path, init)
        expect([name, reply.status]).toEqual([name, 200])
        await reply.text()
        tried++
      }
    }
    expect(tried).toBeGreaterThanOrEqual(3)
  })
})
