import type { IncomingMessage } from 'node:http'
import Negotiator from 'negotiator'
import { HttpError } from './http-error.ts'

/** The two JSON media types of GraphQL over HTTP. Only with the second one do request errors have a status other than 200. */
const jsonTypes = ['application/json', 'application/graphql-response+json'] as const
export type JsonType = (typeof jsonTypes)[number]

/** The media types of responses of `/graphql`. */
export type ResponseType = JsonType | 'text/event-stream' | 'text/html'

/**
 * Returns the media types that the client accepts, the preferred one first (RFC 9110, section 12.5.1: by weight, then by the specificity
 * of the range, then by the client's order). Event streams are included only if the client names them: a client that accepts any type
 * expects a single response. Throws a 406 `HttpError` if no type is acceptable, before anything is executed.
 */
export function readAcceptedTypes(request: IncomingMessage): readonly [ResponseType, ...ResponseType[]] {
  const { headers, method } = request
  const offered: ResponseType[] = [...jsonTypes]
  if (/\btext\/(event-stream|\*)/i.test(headers.accept ?? '')) offered.push('text/event-stream')
  if (method === 'GET' || method === 'HEAD') offered.push('text/html')
  const [first, ...others] = rankMediaTypes(headers.accept, offered)
  if (first === undefined)
    throw createNotAcceptableError('Accept application/json or application/graphql-response+json.')
  return [first, ...others]
}

/** Returns the JSON type for an error: the one that the client prefers, or `application/json` if it accepts neither. */
export function chooseJsonType({ headers }: IncomingMessage): JsonType {
  return rankMediaTypes(headers.accept, jsonTypes)[0] ?? 'application/json'
}

/** Returns whether the client reads the resource and prefers a page to JSON, as a browser does that opens an address. A client that accepts any type gets JSON. */
export function isPageRequested({ headers, method }: IncomingMessage): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false
  return rankMediaTypes(headers.accept, ['application/json', 'text/html'])[0] === 'text/html'
}

export function createNotAcceptableError(advice: string): HttpError {
  return new HttpError(406, 'NOT_ACCEPTABLE', advice)
}

function rankMediaTypes<T extends string>(accept: string | undefined, offered: readonly T[]): T[] {
  // All responses are UTF-8. Some clients request that with a parameter, in several spellings.
  const header = accept?.replace(/;\s*charset\s*=\s*"?utf-?8"?(?=\s*(;|,|$))/gi, '')
  const headers = header === undefined || header === '' ? {} : { accept: header }
  return new Negotiator({ headers }).mediaTypes([...offered]) as T[]
}
