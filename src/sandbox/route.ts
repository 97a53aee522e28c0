import type { z } from 'zod'
import type { Building } from './building.ts'
import { checked, type QueryText, typed } from './params.ts'
import type { Views } from './views.ts'

/** The verb a route takes besides POST; POST where there is no other. */
export type Verb = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** What a route has at hand for one request. */
export type Call = {
  readonly building: Building
  readonly views: Views
  readonly path: string
  readonly verb: string
  /** Where this server is reached, without a slash at the end. */
  readonly origin: string
}

/** What stands beside `ok: true` in an answer. */
export type Answer = Record<string, unknown>

/** One route of Seam's API. */
export type Route = {
  /** With a slash in front: `/acs/users/list`. */
  readonly path: string
  readonly verb: Verb
  /** Answers parameters that came as JSON. Throws a `Refusal`. */
  answerJson(body: unknown, call: Call): Answer
  /** Answers parameters that came in the query. Throws a `Refusal`. */
  answerQuery(query: QueryText, call: Call): Answer
}

/** A route whose parameters have `shape`; what isn't in it is ignored, as Seam does. */
export function route<Shape extends z.ZodObject>(
  verb: Verb,
  path: string,
  shape: Shape,
  answer: (params: z.output<Shape>, call: Call) => Answer,
): Route {
  return {
    path,
    verb,
    answerJson: (body, call) => answer(checked(shape, body), call),
    answerQuery: (query, call) => answer(checked(shape, typed(shape, query)), call),
  }
}
