import { z } from 'zod'
import { createInvalidInputError, requireRow, SandboxApiError } from '../http/api-error.ts'
import { createPage, matchesSearch } from '../http/pagination.ts'
import { createPageSchema, idSchema, searchSchema } from '../http/params.ts'
import { type ApiCall, createRoute, type Route } from '../http/route.ts'
import { disconnectAccount, removeAccount } from '../lifecycle/connected-accounts.ts'
import type { Account } from '../state/entities.ts'

const idParams = z.object({ connected_account_id: idSchema() })

/** The parameter `custom_metadata_has`. */
export const metadataFilterSchema = z.record(z.string(), z.union([z.string(), z.boolean()])).optional()

/** The routes `/connected_accounts/…`. */
export const accountRoutes: readonly Route[] = [
  createRoute(
    'GET',
    '/connected_accounts/list',
    z.object({
      customer_key: z.string().optional(),
      user_identifier_key: z.string().optional(),
      space_id: idSchema().optional(),
      custom_metadata_has: metadataFilterSchema,
      search: searchSchema().optional(),
      ...createPageSchema(11_000),
    }),
    (params, call) => {
      const { accounts } = call.building.state
      const rows = params.customer_key ? accounts.by('customer', params.customer_key) : accounts.all()
      const wanted = rows.filter(
        (row) =>
          params.space_id === undefined &&
          params.user_identifier_key === undefined &&
          hasMetadata(row.custom_metadata, params.custom_metadata_has) &&
          matchesSearch(params.search, row.display_name, row.connected_account_id, row.customer_key),
      )
      const { sequence } = accounts
      return createPage(
        { key: 'connected_accounts', rows: wanted, sequence, view: call.views.account },
        params,
        call,
      )
    },
  ),
  createRoute(
    'GET',
    '/connected_accounts/get',
    z.object({ connected_account_id: idSchema().optional(), email: z.email('Invalid email').optional() }),
    (params, call) => {
      const { connected_account_id, email } = params
      if ((connected_account_id === undefined) === (email === undefined)) {
        throw createInvalidInputError(
          'connected_account_id',
          'Give connected_account_id or email, and not both.',
        )
      }
      if (connected_account_id === undefined) {
        throw new SandboxApiError(
          404,
          'connected_account_not_found',
          `No connected account has the e-mail ${email}.`,
        )
      }
      return { connected_account: call.views.account(accountOf(connected_account_id, call)) }
    },
  ),
  createRoute('POST', '/connected_accounts/sync', idParams, (params, call) => {
    accountOf(params.connected_account_id, call)
    return {}
  }),
  createRoute(
    'DELETE',
    '/connected_accounts/delete',
    idParams.extend({ sync: z.boolean().default(false) }),
    (params, call) => {
      removeAccount(call.building, accountOf(params.connected_account_id, call))
      return {}
    },
  ),
  createRoute('POST', '/connected_accounts/simulate/disconnect', idParams, (params, call) => {
    disconnectAccount(call.building, accountOf(params.connected_account_id, call))
    return {}
  }),
]

/** Whether the metadata contains every pair of the filter. */
export function hasMetadata(
  metadata: Record<string, string | boolean>,
  wanted: Record<string, string | boolean> | undefined,
): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => metadata[key] === value)
}

function accountOf(connectedAccountId: string, { building }: ApiCall): Account {
  return requireRow(building.state.accounts.get(connectedAccountId), 'connected_account', connectedAccountId)
}
