import { z } from 'zod'
import { createNotSupportedError, requireRow } from '../http/api-error.ts'
import { createPage, matchesSearch } from '../http/pagination.ts'
import { createPageSchema, idSchema, searchSchema } from '../http/params.ts'
import { type ApiCall, createRoute, type Route } from '../http/route.ts'
import type { Entrance } from '../state/entities.ts'

const listParams = z.object({
  acs_system_id: idSchema().optional(),
  connected_account_id: idSchema().optional(),
  acs_credential_id: idSchema().optional(),
  acs_entrance_ids: z.array(idSchema()).optional(),
  space_id: idSchema().optional(),
  customer_key: z.string().optional(),
  search: searchSchema().optional(),
  ...createPageSchema(900),
})

/** The routes `/acs/entrances/…`. With Latch, Seam can neither grant access to an entrance directly nor unlock it. */
export const entranceRoutes: readonly Route[] = [
  createRoute('GET', '/acs/entrances/list', listParams, (params, call) => {
    const { entrances } = call.building.state
    const rows = candidates(params, call).filter((row) => isWanted(row, params, call))
    const { sequence } = entrances
    return createPage({ key: 'acs_entrances', rows, sequence, view: call.views.entrance }, params, call)
  }),
  createRoute(
    'GET',
    '/acs/entrances/get',
    z.object({ acs_entrance_id: idSchema() }),
    ({ acs_entrance_id }, call) => ({
      acs_entrance: call.views.entrance(requireEntrance(acs_entrance_id, call)),
    }),
  ),
  createRoute(
    'GET',
    '/acs/entrances/list_credentials_with_access',
    z.object({
      acs_entrance_id: idSchema(),
      include_if: z.array(z.enum(['visionline_metadata.is_valid'])).optional(),
    }),
    ({ acs_entrance_id }, call) => {
      requireEntrance(acs_entrance_id, call)
      const rows = call.building.state.credentials.by('entrance', acs_entrance_id)
      return { acs_credentials: rows.map(call.views.credential) }
    },
  ),
  createRoute(
    'POST',
    '/acs/entrances/grant_access',
    z.object({
      acs_entrance_id: idSchema(),
      acs_user_id: idSchema().optional(),
      user_identity_id: idSchema().optional(),
    }),
    ({ acs_entrance_id }, call) => {
      requireEntrance(acs_entrance_id, call)
      throw createNotSupportedError(
        'latch_building does not support adding acs_entrances to acs_users directly.',
      )
    },
  ),
  createRoute(
    'POST',
    '/acs/entrances/unlock',
    z.object({ acs_entrance_id: idSchema(), acs_credential_id: idSchema() }),
    ({ acs_entrance_id }, call) => {
      requireEntrance(acs_entrance_id, call)
      throw createNotSupportedError('Latch doors are opened by the resident, not from afar.')
    },
  ),
]

/** Returns the entrance, or throws a 404. */
export function requireEntrance(acsEntranceId: string, { building }: ApiCall): Entrance {
  return requireRow(building.state.entrances.get(acsEntranceId), 'acs_entrance', acsEntranceId)
}

/** Returns the entrances in the most specific index, oldest first. */
function candidates(params: z.output<typeof listParams>, { building }: ApiCall): Entrance[] {
  const { entrances, credentials } = building.state
  const { acs_entrance_ids, acs_credential_id, acs_system_id, connected_account_id } = params
  const named = acs_entrance_ids ?? (acs_credential_id && credentials.get(acs_credential_id)?.entrance_ids)
  if (named !== undefined) return requireEntrances(named || [], building.state.entrances)
  if (acs_system_id !== undefined) return entrances.by('system', acs_system_id)
  if (connected_account_id !== undefined) return entrances.by('account', connected_account_id)
  return entrances.all()
}

/** Returns the existing entrances with these ids, each once, oldest first. */
export function requireEntrances(
  ids: Iterable<string>,
  doors: ApiCall['building']['state']['entrances'],
): Entrance[] {
  const rows = [...new Set(ids)].flatMap((doorId) => doors.get(doorId) ?? [])
  return rows.sort((one, other) => doors.sequence(one) - doors.sequence(other))
}

function isWanted(row: Entrance, params: z.output<typeof listParams>, { building }: ApiCall): boolean {
  const { accounts, credentials } = building.state
  const { acs_credential_id, customer_key } = params
  const opens = acs_credential_id === undefined ? undefined : credentials.get(acs_credential_id)?.entrance_ids
  return (
    params.space_id === undefined &&
    (acs_credential_id === undefined || opens?.includes(row.acs_entrance_id) === true) &&
    (params.acs_system_id ?? row.acs_system_id) === row.acs_system_id &&
    (params.connected_account_id ?? row.connected_account_id) === row.connected_account_id &&
    (customer_key === undefined || accounts.get(row.connected_account_id)?.customer_key === customer_key) &&
    matchesSearch(params.search, row.display_name)
  )
}
