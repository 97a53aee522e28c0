import type { Route } from '../route.ts'
import { accountRoutes } from './accounts.ts'
import { credentialRoutes } from './credentials.ts'
import { entranceRoutes } from './entrances.ts'
import { eventRoutes } from './events.ts'
import { identityRoutes } from './identities.ts'
import { identityUserRoutes } from './identity-users.ts'
import { sessionRoutes } from './sessions.ts'
import { systemRoutes } from './systems.ts'
import { userRoutes } from './users.ts'
import { webhookRoutes } from './webhooks.ts'
import { webviewRoutes } from './webviews.ts'
import { workspaceRoutes } from './workspace.ts'

/** Every route of Seam's API that this server speaks. */
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
