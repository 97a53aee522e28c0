import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  type CompressibleBody,
  createCompressibleBody,
  sendImmutableFile,
} from '../protocol/compressible-body.ts'

/** What the page needs to know before its first request. Public: it is sent to everyone who can reach the gateway. */
export type DashboardSettings = {
  /** Whether requests without a credential are accepted (the demo). */
  readonly isDemo: boolean
  /** Login through an OpenID Connect issuer, or `null` if only API keys are accepted. */
  readonly login: {
    readonly issuer: string
    readonly audience: string
    readonly clientId: string
    readonly scope: string
  } | null
}

/** The dashboard: one page for all its addresses, and the files that it loads. Contains no data of the workspace. */
export type Dashboard = {
  /** Sends the page, if `path` is an address of the dashboard. Resolves to `false` otherwise, and if the dashboard is not built. */
  sendPage(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
  /** Sends the page with status 404. It shows that the address does not exist. Resolves to `false` if the dashboard is not built. */
  sendNotFoundPage(request: IncomingMessage, response: ServerResponse): Promise<boolean>
  /** Sends a file that the page loads. Resolves to `false` if no file has the path. */
  sendAsset(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

export type DashboardOptions = {
  /** Folder with the built page. */
  readonly folder: URL
  /** Path of the gateway behind a reverse proxy, such as `/latchkey`, or an empty string. */
  readonly publicPath: string
  readonly readSettings: () => Promise<DashboardSettings>
  /** Returns the origin of the issuer's token endpoint, or `null` if it is not known. It can change. */
  readonly findTokenOrigin: () => Promise<string | null>
}

/** Folder with the built page. */
export const dashboardFolder = new URL('../../../dashboard/dist/', import.meta.url)

/** First segments of the paths of the screens. The page itself has a screen for unknown paths below them. */
const screenPattern =
  /^\/$|^\/(residents|entrances|matrix|move-outs|move-in|import|connect|changes|audit|settings|sign-in)(\/.*)?$/
/** Start of the paths of the files that the page loads. */
export const assetPrefix = '/assets/'

/** Creates the dashboard. Its files are read at the first request, and compressed at most once per encoding. */
export function createDashboard({
  folder,
  publicPath,
  readSettings,
  findTokenOrigin,
}: DashboardOptions): Dashboard {
  let files: Promise<ReadonlyMap<string, CompressibleBody>> | null = null
  let page: Promise<{ body: CompressibleBody; settings: DashboardSettings } | null> | null = null

  async function renderPage() {
    const template = await readFile(new URL('index.html', folder), 'utf8').catch(ignoreMissing)
    if (template === null) return null
    const settings = await readSettings()
    const json = JSON.stringify(settings).replaceAll('<', '\\u003c')
    const html = template
      .replace('<base href="/" />', `<base href="${publicPath}/" />`)
      .replace(/(<script type="application\/json" id="settings">)\{\}/, (_match, tag: string) => tag + json)
    return { body: createCompressibleBody(Buffer.from(html)), settings }
  }

  async function loadFiles() {
    const names = (await readdir(new URL('assets/', folder)).catch(ignoreMissing)) ?? []
    const bodies = names.map(async (name) => {
      const content = await readFile(new URL(`assets/${encodeURIComponent(name)}`, folder))
      return [assetPrefix + name, createCompressibleBody(content)] as const
    })
    return new Map(await Promise.all(bodies))
  }

  async function send(status: number, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    page ??= renderPage()
    const rendered = await page
    if (rendered === null) {
      page = null
      return false
    }
    const policy = createContentSecurityPolicy(rendered.settings, await findTokenOrigin())
    response.setHeader('content-security-policy', policy)
    response.setHeader('vary', status === 404 ? 'accept, accept-encoding' : 'accept-encoding')
    response.setHeader('cache-control', 'no-cache')
    await rendered.body.send(request, response, 'text/html; charset=utf-8', status)
    return true
  }

  return {
    sendPage: async (path, request, response) =>
      screenPattern.test(path) && (await send(200, request, response)),
    sendNotFoundPage: (request, response) => send(404, request, response),
    async sendAsset(path, request, response) {
      if (!path.startsWith(assetPrefix)) return false
      files ??= loadFiles()
      const body = (await files).get(path)
      if (body === undefined) return false
      response.setHeader('vary', 'accept-encoding')
      await sendImmutableFile(body, path, request, response)
      return true
    },
  }
}

/** Hash of the style element that React Aria inserts for pressable elements (`touch-action`). */
const pressableStyleHash = 'sha256-38RhXrc7EdReTKsOm23ZPOCUgniTUUcjky8QOOrQx6o='

/** Scripts and styles come from this server only. A login also needs the issuer's discovery document and its token endpoint. */
function createContentSecurityPolicy({ login }: DashboardSettings, tokenOrigin: string | null): string {
  const origins = login === null ? [] : [new URL(login.issuer).origin]
  if (tokenOrigin !== null) origins.push(tokenOrigin)
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' '${pressableStyleHash}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${[...new Set(["'self'", ...origins])].join(' ')}`,
    "worker-src 'self'",
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function ignoreMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
