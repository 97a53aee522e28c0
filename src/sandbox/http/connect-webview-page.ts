import type { IncomingMessage } from 'node:http'
import type { Building } from '../building.ts'
import { authorizeWebview, failWebview } from '../lifecycle/connect-webviews.ts'
import type { Webview } from '../state/entities.ts'
import { SandboxApiError } from './api-error.ts'
import { type Reply, readBody } from './replies.ts'

/** The path of the page of a Connect Webview. */
export const webviewPath = '/connect_webviews/view'

/** Serves the page for the login to Latch, and accepts the decision made on it. The URL must contain the webview's token. */
export async function renderWebviewPage(
  building: Building,
  request: IncomingMessage,
  url: URL,
): Promise<Reply> {
  const isDecision = request.method === 'POST'
  const given = isDecision ? new URLSearchParams(await readBody(request)) : url.searchParams
  const webview = building.state.webviews.get(given.get('connect_webview_id') ?? '')
  if (webview === undefined || webview.auth_token !== given.get('auth_token')) {
    return page(404, 'Not found', '<p>This link is not valid, or the webview was deleted.</p>')
  }
  if (webview.status !== 'pending') return page(200, 'Done', `<p>This login was ${webview.status}.</p>`)
  if (!isDecision) return page(200, 'Connect Latch', form(webview))
  const decision = given.get('decision')
  if (decision !== 'authorize' && decision !== 'fail') {
    throw new SandboxApiError(400, 'invalid_input', 'The decision is authorize or fail.')
  }
  return decision === 'authorize' ? authorized(building, webview) : failed(building, webview)
}

function authorized(building: Building, webview: Webview): Reply {
  authorizeWebview(building, webview)
  return redirectOrPage(webview, webview.custom_redirect_url, 'Latch is connected. You can close this page.')
}

function failed(building: Building, webview: Webview): Reply {
  failWebview(building, webview)
  const target = webview.custom_redirect_failure_url ?? webview.custom_redirect_url
  return redirectOrPage(webview, target, 'The login failed. You can close this page.')
}

function redirectOrPage(webview: Webview, target: string | null, message: string): Reply {
  if (target === null) return page(200, 'Done', `<p>${message}</p>`)
  const location = new URL(target)
  location.searchParams.set('connect_webview_id', webview.connect_webview_id)
  return { ...page(303, 'Done', `<p>${message}</p>`), headers: { ...pageHeaders, location: location.href } }
}

function form({ connect_webview_id, auth_token }: Webview): string {
  return `<p>The bundled building asks for no password: decide how the login ends.</p>
<form method="post" action="${webviewPath}">
<input type="hidden" name="connect_webview_id" value="${connect_webview_id}">
<input type="hidden" name="auth_token" value="${auth_token}">
<button name="decision" value="authorize">Authorize</button>
<button name="decision" value="fail">Fail</button>
</form>`
}

const pageHeaders = {
  // With `no-referrer`, the browser would send `Origin: null` with the form, which is refused as a foreign origin.
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
}

const style =
  'body{font:16px system-ui;max-width:26rem;margin:4rem auto;padding:0 1rem}button{font:inherit;padding:.5rem 1rem}'

function page(status: number, title: string, content: string): Reply {
  const head = `<meta charset="utf-8"><title>${title}</title><style>${style}</style>`
  const body = `<!doctype html><html lang="en"><head>${head}</head><body><h1>${title}</h1>${content}</body></html>`
  return { status, body, type: 'text/html; charset=utf-8', headers: pageHeaders }
}
