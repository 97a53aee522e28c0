import { z } from 'zod'
import { matchesSearch } from '../http/pagination.ts'
import { idSchema, searchSchema } from '../http/params.ts'
import { createRoute, type Route } from '../http/route.ts'
import { requireSystem } from './row-selection.ts'

/** The routes `/acs/systems/…`. ACS systems come from Latch and cannot be changed through Seam. */
export const systemRoutes: readonly Route[] = [
  createRoute(
    'GET',
    '/acs/systems/list',
    z.object({
      connected_account_id: idSchema().optional(),
      customer_key: z.string().optional(),
      search: searchSchema().optional(),
    }),
    (params, { building, views }) => {
      const { systems, accounts } = building.state
      const { connected_account_id } = params
      const rows = connected_account_id ? systems.by('account', connected_account_id) : systems.all()
      const customer = (accountId: string) => accounts.get(accountId)?.customer_key
      const wanted = rows.filter(
        (row) =>
          matchesSearch(params.search, row.name, row.acs_system_id) &&
          (params.customer_key === undefined || customer(row.connected_account_id) === params.customer_key),
      )
      return { acs_systems: wanted.map(views.system) }
    },
  ),
  createRoute(
    'GET',
    '/acs/systems/get',
    z.object({ acs_system_id: idSchema() }),
    ({ acs_system_id }, call) => ({
      acs_system: call.views.system(requireSystem(acs_system_id, call)),
    }),
  ),
]
