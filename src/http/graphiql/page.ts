import type { IncomingMessage, ServerResponse } from 'node:http'
import { createCompressibleBody } from '../protocol/compressible-body.ts'
import { examples } from './examples.ts'
import { createStaticAssets } from './static-assets.ts'

/** The GraphiQL page. The gateway serves all files that it loads. The page contains no data of the workspace. */
export type GraphiqlPage = {
  send(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Sends a file that the page loads. Resolves to `false` if no file has the path. */
  sendAsset(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

const resolveModuleUrl = (path: string) => new URL(import.meta.resolve(path))
const resolveGraphiqlFile = (file: string) => new URL(file, resolveModuleUrl('graphiql/package.json'))

/** In the order in which the page loads them. */
const assetFiles = {
  'graphiql.css': resolveGraphiqlFile('graphiql.min.css'),
  'react.js': new URL('umd/react.production.min.js', resolveModuleUrl('react/package.json')),
  'react-dom.js': new URL('umd/react-dom.production.min.js', resolveModuleUrl('react-dom/package.json')),
  'graphiql.js': resolveGraphiqlFile('graphiql.min.js'),
  'page.js': new URL('browser.js', import.meta.url),
} as const

/** GraphiQL sets inline styles, and its style sheet contains its fonts as data URLs. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  'font-src data:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Creates the page. If `isApiKeyRequired`, the examples have an Authorization header to fill in. Files are read and compressed at the first request. */
export function createGraphiqlPage(isApiKeyRequired: () => Promise<boolean>): GraphiqlPage {
  const assets = createStaticAssets('/graphiql/', assetFiles)
  let page: Promise<Buffer> | null = null

  async function render(): Promise<Buffer> {
    const headers = (await isApiKeyRequired())
      ? JSON.stringify({ Authorization: 'Bearer <your API key>' }, null, 2)
      : ''
    return Buffer.from(renderPage(await assets.listPaths(), { examples, headers }))
  }

  return {
    async send(request, response) {
      page ??= render()
      response.setHeader('content-security-policy', contentSecurityPolicy)
      response.setHeader('vary', 'origin, accept, accept-encoding')
      response.setHeader('cache-control', 'no-cache')
      await createCompressibleBody(await page).send(request, response, 'text/html; charset=utf-8')
    },
    sendAsset: assets.send,
  }
}

function renderPage(paths: readonly string[], settings: object): string {
  // Relative links also work below a path of a reverse proxy.
  const links = paths.map((path) => path.slice(1))
  const styles = links.filter((link) => link.endsWith('.css'))
  const scripts = links.filter((link) => link.endsWith('.js'))
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Latchkey – GraphiQL</title>
<link rel="icon" href="data:,">
${styles.map((link) => `<link rel="stylesheet" href="${link}">`).join('\n')}
<style>body { margin: 0 } #root { height: 100dvh; font-family: sans-serif }</style>
</head>
<body>
<div id="root">Loading …</div>
<script type="application/json" id="settings">${JSON.stringify(settings).replaceAll('<', '\\u003c')}</script>
${scripts.map((link) => `<script ${/\/page\./.test(link) ? 'type="module"' : ''} src="${link}"></script>`).join('\n')}
</body>
</html>
`
}
