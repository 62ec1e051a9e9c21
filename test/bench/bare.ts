/** The least that a proxy can be in Bun, to measure ours against: no key, no limits, no ledger. To read the body first is faster. */
const provider = Bun.argv[2]
const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  idleTimeout: 0,
  development: false,
  fetch: async (request) =>
    fetch(provider + new URL(request.url).pathname, {
      ...{ method: request.method, headers: request.headers, body: await request.bytes() },
    }),
})
process.stdout.write(`${JSON.stringify({ url: server.url.origin })}\n`)
