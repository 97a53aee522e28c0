import type { IncomingMessage } from 'node:http'
import { MIMEType } from 'node:util'
import { HttpError } from '../protocol/http-error.ts'
import { readRequestBody } from '../protocol/request-body.ts'
import { sizeLimits } from '../size-limits.ts'
import { type GraphqlRequest, readGraphqlRequest } from './graphql-request.ts'

/** Reads a GraphQL request from the body of a POST, or else from the query string. Rejects with an `HttpError` if it is invalid. */
export async function readHttpRequest(request: IncomingMessage): Promise<GraphqlRequest> {
  return request.method === 'POST' ? readRequestFromBody(request) : readRequestFromQuery(request)
}

async function readRequestFromBody(request: IncomingMessage): Promise<GraphqlRequest> {
  checkBodyType(request.headers['content-type'])
  const encoding = request.headers['content-encoding'] ?? 'identity'
  // A compressed body can be a thousand times larger than its transfer size.
  if (encoding !== 'identity')
    throw new HttpError(
      415,
      'UNSUPPORTED_ENCODING',
      'Compressed request bodies are not supported. Send the body without content-encoding.',
      {
        'accept-encoding': 'identity',
      },
    )
  const text = decodeUtf8(await readRequestBody(request, sizeLimits.maxBodyBytes))
  if (text === null) throw new HttpError(400, 'BAD_REQUEST', 'The body must be UTF-8 text.')
  return parseGraphqlRequest(parseJson(text, 'The body'))
}

/** Throws a 415 `HttpError` if the content type is not JSON, or if its charset is not UTF-8. */
function checkBodyType(header = ''): void {
  const createUnsupportedError = (message: string) =>
    new HttpError(415, 'UNSUPPORTED_MEDIA_TYPE', message, { accept: 'application/json' })
  const type = parseMediaType(header)
  if (type?.essence !== 'application/json' && type?.essence !== 'application/graphql+json')
    throw createUnsupportedError('The content type of a GraphQL request must be application/json.')
  const charset = type.params.get('charset') ?? 'utf-8'
  // ASCII is a subset of UTF-8.
  if (!/^(utf-?8|us-ascii)$/i.test(charset))
    throw createUnsupportedError('The charset of a GraphQL request must be UTF-8.')
}

function parseMediaType(header: string): MIMEType | null {
  try {
    return new MIMEType(header)
  } catch {
    return null
  }
}

function readRequestFromQuery(request: IncomingMessage): GraphqlRequest {
  const text = (request.url ?? '').split('?').slice(1).join('?')
  if (!isValidQueryEncoding(text))
    throw new HttpError(400, 'BAD_REQUEST', 'The query string must be percent-encoded UTF-8.')
  const search = new URLSearchParams(text)
  const readJsonParameter = (name: string) => {
    const text = search.get(name)
    return text === null || text === '' ? null : parseJson(text, name)
  }
  return parseGraphqlRequest({
    query: search.get('query'),
    documentId: search.get('documentId'),
    operationName: search.get('operationName'),
    variables: readJsonParameter('variables'),
    extensions: readJsonParameter('extensions'),
  })
}

function parseGraphqlRequest(body: unknown): GraphqlRequest {
  const params = readGraphqlRequest(body)
  if (typeof params === 'string') throw new HttpError(400, 'BAD_REQUEST', params)
  return params
}

function parseJson(text: string, subject: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new HttpError(400, 'BAD_REQUEST', `${subject} must be JSON.`)
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Decodes UTF-8, without a byte order mark. Returns `null` for invalid UTF-8, which a lenient decoder would replace with U+FFFD. */
function decodeUtf8(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes)
  } catch {
    return null
  }
}

/** Whether a query string is ASCII and its percent-encoded bytes are valid UTF-8. A `%` without two hexadecimal digits is a literal `%`. */
function isValidQueryEncoding(query: string): boolean {
  try {
    decodeURIComponent(query.replace(/%(?![0-9a-f]{2})/gi, '%25'))
    return /^[\x20-\x7e]*$/.test(query)
  } catch {
    return false
  }
}
