import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { examples } from './graphiql-examples.ts'

/** GraphiQL for browsers: one page with everything in it, so that it works without the internet. It holds no data. */
export type GraphiqlPage = { send(request: IncomingMessage, response: ServerResponse): Promise<void> }

type Page = { readonly plain: Buffer; readonly packed: Buffer; readonly policy: string }

/**
 * The page is nine megabytes and asked for rarely: it is made, packed and kept at the first visit.
 * `needsKey` puts an Authorization header to fill in beside the examples.
 */
export function createGraphiqlPage(needsKey: () => Promise<boolean>): GraphiqlPage {
  let page: Promise<Page> | null = null
  return {
    async send(request, response) {
      page ??= render(await needsKey())
      const { packed, plain, policy } = await page
      const isPacked = /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '')
      response.setHeader('content-security-policy', policy)
      if (isPacked) response.setHeader('content-encoding', 'gzip')
      response.setHeader('vary', 'accept, accept-encoding')
      response.setHeader('cache-control', 'no-cache')
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-length': (isPacked ? packed : plain).length,
      })
      response.end(isPacked ? packed : plain)
    },
  }
}

async function render(needsKey: boolean): Promise<Page> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql')
  const headers = needsKey ? JSON.stringify({ Authorization: 'Bearer <your API key>' }, null, 2) : '{}'
  const html = renderGraphiQL({
    title: 'Latchkey',
    defaultTabs: examples.map((example) => ({ ...example, headers })),
    headers,
    method: 'POST',
    // Over fetch, so that the header above goes with it; a browser's WebSocket could not send one.
    subscriptionsProtocol: 'GRAPHQL_SSE',
    shouldPersistHeaders: false,
  })
  const plain = Buffer.from(html)
  return { plain, packed: await promisify(gzip)(plain), policy: policyFor(html) }
}

/** Only the page's own script may run, and it may talk to this gateway alone. Its editor sets styles and starts workers from blobs. */
function policyFor(html: string): string {
  const script = html.slice(html.indexOf('<script>') + '<script>'.length, html.lastIndexOf('</script>'))
  const hash = createHash('sha256').update(script).digest('base64')
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "style-src 'unsafe-inline'",
    "img-src 'self' data:",
    'font-src data:',
    'worker-src blob:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
