import { z } from 'zod'
import { matches } from '../pages.ts'
import { id, search } from '../params.ts'
import { type Route, route } from '../route.ts'
import { systemOf } from './select.ts'

/** `/acs/systems/…`: buildings come from Latch, and are only read here. */
export const systemRoutes: readonly Route[] = [
  route(
    'GET',
    '/acs/systems/list',
    z.object({
      connected_account_id: id().optional(),
      customer_key: z.string().optional(),
      search: search().optional(),
    }),
    (params, { building, views }) => {
      const { systems, accounts } = building.state
      const { connected_account_id } = params
      const rows = connected_account_id ? systems.by('account', connected_account_id) : systems.all()
      const customer = (accountId: string) => accounts.get(accountId)?.customer_key
      const wanted = rows.filter(
        (row) =>
          matches(params.search, row.name, row.acs_system_id) &&
          (params.customer_key === undefined || customer(row.connected_account_id) === params.customer_key),
      )
      return { acs_systems: wanted.map(views.system) }
    },
  ),
  route('GET', '/acs/systems/get', z.object({ acs_system_id: id() }), ({ acs_system_id }, call) => ({
    acs_system: call.views.system(systemOf(acs_system_id, call)),
  })),
]
