import { z } from 'zod'
import { idSchema } from '../http/params.ts'
import { createRoute, type Route } from '../http/route.ts'

/** The route of the workspace, and the list of phones, which is always empty. */
export const workspaceRoutes: readonly Route[] = [
  createRoute('GET', '/workspaces/get', z.object({}), (_params, { building }) => ({
    workspace: {
      workspace_id: building.workspaceId,
      name: 'Bundled building',
      company_name: 'Riverside Homes',
      is_sandbox: true,
      is_suspended: false,
      is_publishable_key_auth_enabled: false,
      organization_id: null,
      connect_partner_name: null,
      connect_webview_customization: {},
    },
  })),
  createRoute(
    'GET',
    '/phones/list',
    z.object({ owner_user_identity_id: idSchema().optional(), acs_credential_id: idSchema().optional() }),
    () => ({ phones: [] }),
  ),
]
