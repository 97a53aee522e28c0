import type { IncomingMessage, ServerResponse } from 'node:http'
import { createCompressibleBody } from '../protocol/compressible-body.ts'
import { HttpError } from '../protocol/http-error.ts'
import { examples } from './examples.ts'
import { createStaticAssets } from './static-assets.ts'

/** The GraphiQL page. The gateway serves all files that it loads. The page contains no data of the workspace. Rejects with 404 if it is not built. */
export type GraphiqlPage = {
  send(request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Sends a file that the page loads. Resolves to `false` if no file has the path. */
  sendAsset(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

/** In the order in which the page loads them. The build of the dashboard copies the first four from their packages. */
const listAssetFiles = (folder: URL) => ({
  'graphiql.css': new URL('graphiql.css', folder),
  'react.js': new URL('react.js', folder),
  'react-dom.js': new URL('react-dom.js', folder),
  'graphiql.js': new URL('graphiql.js', folder),
  'page.js': new URL('browser.js', import.meta.url),
})

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

/** Start of the paths of the files that the page loads. */
export const graphiqlPrefix = '/graphiql/'

export type GraphiqlPageOptions = {
  /** Folder with the built files of GraphiQL. */
  readonly folder: URL
  /** Whether the examples have an Authorization header to fill in. */
  readonly isApiKeyRequired: () => Promise<boolean>
}

/** Creates the page. Files are read and compressed at the first request. */
export function createGraphiqlPage({ folder, isApiKeyRequired }: GraphiqlPageOptions): GraphiqlPage {
  const assets = createStaticAssets(graphiqlPrefix, listAssetFiles(folder))
  let page: Promise<Buffer> | null = null

  async function render(): Promise<Buffer> {
    const paths = await assets.listPaths()
    const headers = (await isApiKeyRequired())
      ? JSON.stringify({ Authorization: 'Bearer <your API key>' }, null, 2)
      : ''
    return Buffer.from(renderPage(paths, { examples, headers }))
  }

  return {
    async send(request, response) {
      page ??= render().catch((error) => {
        page = null
        return rejectMissingBuild(error)
      })
      const body = createCompressibleBody(await page)
      response.setHeader('content-security-policy', contentSecurityPolicy)
      response.setHeader('vary', 'origin, accept, accept-encoding')
      response.setHeader('cache-control', 'no-cache')
      await body.send(request, response, 'text/html; charset=utf-8')
    },
    sendAsset: (path, request, response) => assets.send(path, request, response).catch(rejectMissingBuild),
  }
}

function rejectMissingBuild(error: NodeJS.ErrnoException): never {
  if (error.code !== 'ENOENT') throw error
  throw new HttpError(
    404,
    'NOT_FOUND',
    'GraphiQL is not built. "npm run prepare" builds it, if development dependencies are installed.',
  )
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
