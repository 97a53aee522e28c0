import { z } from 'zod'
import { createInvalidInputError, SandboxApiError } from '../http/api-error.ts'
import { dateTimeSchema, idSchema } from '../http/params.ts'
import { type ApiAnswer, type ApiCall, createRoute, type Route } from '../http/route.ts'
import type { SeamEvent } from '../state/entities.ts'

/** Parameters that filter events by one id, such as `acs_user_id`. */
const singular = [
  'acs_system_id',
  'acs_user_id',
  'acs_entrance_id',
  'acs_credential_id',
  'acs_access_group_id',
  'acs_encoder_id',
  'connected_account_id',
  'connect_webview_id',
  'user_identity_id',
  'access_grant_id',
  'access_method_id',
  'access_code_id',
  'space_id',
  'device_id',
] as const

/** Parameters that filter events by a list of ids, with the field of the event and the maximum length of the list. */
const plural = {
  event_ids: ['event_id', undefined],
  acs_system_ids: ['acs_system_id', undefined],
  device_ids: ['device_id', undefined],
  access_code_ids: ['access_code_id', undefined],
  access_grant_ids: ['access_grant_id', 100],
  access_method_ids: ['access_method_id', 100],
  space_ids: ['space_id', 100],
} as const

type IdFilters = { [Field in (typeof singular)[number]]: z.ZodOptional<ReturnType<typeof idSchema>> }
type ListFilters = { [Name in keyof typeof plural]: z.ZodOptional<z.ZodArray<ReturnType<typeof idSchema>>> }

const idFilters = Object.fromEntries(singular.map((field) => [field, idSchema().optional()])) as IdFilters
const listFilters = Object.fromEntries(
  Object.entries(plural).map(([name, [, most]]) => {
    const ids = z.array(idSchema())
    return [name, (most === undefined ? ids : ids.max(most)).optional()]
  }),
) as ListFilters

const listParams = z
  .object({
    since: dateTimeSchema().optional(),
    between: z.array(dateTimeSchema()).length(2).optional(),
    event_type: z.string().optional(),
    event_types: z.array(z.string()).optional(),
    customer_key: z.string().optional(),
    limit: z.number().positive().default(500),
    unstable_offset: z.number().nonnegative().default(0),
  })
  .extend(idFilters)
  .extend(listFilters)

/** The routes `/events/…`, which return the stored events, oldest first. */
export const eventRoutes: readonly Route[] = [
  createRoute('GET', '/events/list', listParams, list),
  createRoute(
    'GET',
    '/events/get',
    z.object({
      event_id: idSchema().optional(),
      event_type: z.string().optional(),
      device_id: idSchema().optional(),
    }),
    ({ event_id, event_type, device_id }, { building }) => {
      if (event_id !== undefined) {
        const event = building.events.get(event_id)
        if (event === undefined)
          throw new SandboxApiError(404, 'event_not_found', `There is no event ${event_id}.`)
        return { event }
      }
      const last = building.events
        .all()
        .findLast(
          (event) => event.event_type === (event_type ?? event.event_type) && event.device_id === device_id,
        )
      return last === undefined ? { message: 'No event matches.' } : { event: last }
    },
  ),
]

function list(params: z.output<typeof listParams>, { building }: ApiCall): ApiAnswer {
  const isInTime = timeFilter(params)
  const wanted = building.events.all().filter((event) => isInTime(event) && isWanted(event, params))
  const { unstable_offset: from, limit } = params
  return { events: wanted.slice(from, from + limit) }
}

/** Returns a filter by `since` or `between`; both bounds are exclusive. Throws unless exactly one of the two is given. */
function timeFilter({ since, between }: z.output<typeof listParams>): (event: SeamEvent) => boolean {
  if ((since === undefined) === (between === undefined)) {
    throw createInvalidInputError('since', 'Give since or between, and not both.')
  }
  const after = micros(since ?? between?.[0] ?? '')
  const before = between === undefined ? Number.POSITIVE_INFINITY : micros(between[1] ?? '')
  return ({ created_at }) => {
    const at = micros(created_at)
    return at > after && at < before
  }
}

/** Returns microseconds since 1970. A `Date` alone would lose the last three digits. */
function micros(stamp: string): number {
  const beyondMs = /\.\d{3}(\d{1,3})/.exec(stamp)?.[1] ?? ''
  return Date.parse(stamp) * 1000 + Number(beyondMs.padEnd(3, '0'))
}

function isWanted(event: SeamEvent, params: Record<string, unknown>): boolean {
  const { event_type, event_types, customer_key } = params
  if (event_type !== undefined && event.event_type !== event_type) return false
  if (Array.isArray(event_types) && !event_types.includes(event.event_type)) return false
  if (customer_key !== undefined && event.customer_key !== customer_key) return false
  if (singular.some((field) => params[field] !== undefined && params[field] !== event[field])) return false
  return Object.entries(plural).every(([name, [field]]) => {
    const ids = params[name]
    return !Array.isArray(ids) || ids.includes(event[field])
  })
}
