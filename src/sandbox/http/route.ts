import type { z } from 'zod'
import type { Building } from '../building.ts'
import type { ResponseViews } from '../state/response-views.ts'
import { convertQueryValues, parseParams, type QueryText } from './params.ts'

/** The HTTP method that a route accepts besides POST; `POST` if there is no other. */
export type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The context of a request. */
export type ApiCall = {
  readonly building: Building
  readonly views: ResponseViews
  readonly path: string
  readonly verb: string
  /** The origin of this server, without a trailing slash. */
  readonly origin: string
}

/** The fields of a response besides `ok: true`. */
export type ApiAnswer = Record<string, unknown>

/** One route of Seam's API. */
export type Route = {
  /** With a leading slash, such as `/acs/users/list`. */
  readonly path: string
  readonly verb: Verb
  /** Handles a request with parameters in JSON. Throws a `SandboxApiError` for a request that Seam would refuse. */
  answerJson(body: unknown, call: ApiCall): ApiAnswer
  /** Handles a request with parameters in the query string. Throws a `SandboxApiError` for a request that Seam would refuse. */
  answerQuery(query: QueryText, call: ApiCall): ApiAnswer
}

/** Creates a route whose parameters have `shape`. Ignores unknown parameters, as Seam does. */
export function createRoute<Shape extends z.ZodObject>(
  verb: Verb,
  path: string,
  shape: Shape,
  answer: (params: z.output<Shape>, call: ApiCall) => ApiAnswer,
): Route {
  return {
    path,
    verb,
    answerJson: (body, call) => answer(parseParams(shape, body), call),
    answerQuery: (query, call) => answer(parseParams(shape, convertQueryValues(shape, query)), call),
  }
}
