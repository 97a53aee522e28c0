import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SeamWebhook } from 'seam'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'

/** Starts a sandbox without simulated activity that applies changes synchronously. */
export function openSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  return startSandbox({ issueDelayMs: 0, ...options })
}

// biome-ignore lint/suspicious/noExplicitAny: tests read responses freely; openapi-conformance.test.ts checks their shape.
export type ApiResponse = { status: number; body: any; headers: Headers; text: string }

type Params = Record<string, unknown>

/** Calls a route with POST and JSON, or with another verb and the parameters written as Seam's SDK writes them. */
export async function callApi(
  sandbox: Sandbox,
  path: string,
  params: Params = {},
  verb = 'POST',
): Promise<ApiResponse> {
  const isQuery = verb === 'GET' || verb === 'DELETE'
  const query = isQuery ? `?${asQuery(params)}` : ''
  const response = await fetch(`${sandbox.url}/${path}${query === '?' ? '' : query}`, {
    method: verb,
    headers: { authorization: `Bearer ${sandbox.apiKey}`, 'content-type': 'application/json' },
    ...(isQuery ? {} : { body: JSON.stringify(params) }),
  })
  return answered(response)
}

/** Calls the control API. */
export async function callControlApi(
  sandbox: Sandbox,
  verb: string,
  name: string,
  body?: unknown,
): Promise<ApiResponse> {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  return answered(await fetch(`${sandbox.url}/_sandbox/${name}`, { method: verb, ...sent }))
}

async function answered(response: Response): Promise<ApiResponse> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') === true
  let body: unknown = null
  try {
    body = isJson ? JSON.parse(text) : null
  } catch {
    body = null
  }
  return { status: response.status, body, headers: response.headers, text }
}

function asQuery(params: Params): URLSearchParams {
  const query = new URLSearchParams()
  const write = (name: string, value: unknown): void => {
    if (value === undefined) return
    if (Array.isArray(value) && value.length > 0) for (const one of value) query.append(name, String(one))
    else if (value === null || Array.isArray(value)) query.set(name, '')
    else if (typeof value === 'object') {
      for (const [key, inner] of Object.entries(value)) write(`${name}.${key}`, inner)
    } else query.set(name, String(value))
  }
  for (const [name, value] of Object.entries(params)) write(name, value)
  if (query.size > 0) query.set('_strict', 'true')
  return query
}

/** Waits until `condition` returns a value other than `undefined`, `null` and `false`. Resolves to that value. */
export async function waitUntil<T>(
  condition: () => T | Promise<T>,
  withinMs = 10_000,
): Promise<NonNullable<T>> {
  const deadline = Date.now() + withinMs
  for (;;) {
    const value = await condition()
    if (value !== undefined && value !== null && value !== false) return value as NonNullable<T>
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain for: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Reads all pages of a list. */
export async function readAllPages(
  sandbox: Sandbox,
  path: string,
  key: string,
  params: Params,
): Promise<Params[][]> {
  const pages: Params[][] = []
  let page_cursor: string | undefined
  do {
    const { body } = await callApi(sandbox, path, { ...params, page_cursor })
    pages.push(body[key])
    page_cursor = body.pagination.next_page_cursor ?? undefined
  } while (page_cursor !== undefined)
  return pages
}

export type ReceivedWebhook = {
  id: string
  event: { event_id: string; event_type: string }
  headers: Headers
  body: string
}

/** Starts a webhook receiver that answers with the given statuses, and then with 204. `before` runs before each response. */
export async function openReceiver(statuses: number[] = [], before: () => Promise<unknown> = async () => {}) {
  const received: ReceivedWebhook[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks).toString()
    const headers = new Headers(request.headers as Record<string, string>)
    received.push({ id: headers.get('svix-id') ?? '', event: JSON.parse(body), headers, body })
    await before()
    response.writeHead(statuses.shift() ?? 204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    types: () => received.map(({ event }) => event.event_type),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Returns the event of a delivery. Throws if Seam's library rejects the signature. */
export function verifyWebhook(secret: string, { headers, body }: ReceivedWebhook): unknown {
  new SeamWebhook(secret).verify(body, Object.fromEntries(headers))
  return JSON.parse(body)
}
