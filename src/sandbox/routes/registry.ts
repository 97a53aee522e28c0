import type { Route } from '../http/route.ts'
import { userRoutes } from './acs-users.ts'
import { sessionRoutes } from './client-sessions.ts'
import { webviewRoutes } from './connect-webviews.ts'
import { accountRoutes } from './connected-accounts.ts'
import { credentialRoutes } from './credentials.ts'
import { entranceRoutes } from './entrances.ts'
import { eventRoutes } from './events.ts'
import { systemRoutes } from './systems.ts'
import { identityRoutes } from './user-identities.ts'
import { identityUserRoutes } from './user-identity-users.ts'
import { webhookRoutes } from './webhooks.ts'
import { workspaceRoutes } from './workspace.ts'

/** All routes of Seam's API that the sandbox implements. */
export const allRoutes: readonly Route[] = [
  ...systemRoutes,
  ...userRoutes,
  ...entranceRoutes,
  ...credentialRoutes,
  ...accountRoutes,
  ...webviewRoutes,
  ...identityRoutes,
  ...identityUserRoutes,
  ...sessionRoutes,
  ...eventRoutes,
  ...webhookRoutes,
  ...workspaceRoutes,
]
